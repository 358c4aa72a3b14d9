/** Host names of a certificate that another one of the account has, too: perhaps the wrong one will be found later. */
import type { PcaDeps } from '../../deps.ts';
import type { Warning } from '../../domain/scm/upload.ts';
import { keyOfText } from '../../domain/search/name-key.ts';
import type { Certificate } from '../../domain/x509/certificate.ts';
import { generalNameText } from '../../domain/x509/general-name.ts';
import { listNamed } from '../../store/search/certificate-search.ts';
import { readListed } from '../../store/search/listed.ts';
import { guardedListed } from '../search/listed.ts';

const MOST_NAMES = 50;
const MOST_OTHERS = 5;
const MOST_WARNINGS = 10;

export async function namesInUse(
  deps: PcaDeps,
  accountId: string,
  { facts }: Certificate,
  now: number,
): Promise<Warning[]> {
  const hosts = (facts.subjectAltNames ?? []).filter(({ kind }) => kind === 'dns').map(generalNameText);
  const warnings: Warning[] = [];
  for (const host of hosts.slice(0, MOST_NAMES)) {
    const found = await listNamed(
      deps.store.read,
      { accountId, name: keyOfText(host) },
      { after: undefined, limit: MOST_OTHERS },
    );
    const others = (await readListed(deps.store.read, found)).filter((one) => one !== undefined);
    const valid = others.filter(({ row }) => row.not_after >= now);
    if (valid.length === 0) continue;
    await deps.guard.verify(valid.map(guardedListed));
    warnings.push({ Code: 'NAME_IN_USE', Message: `another certificate of the account is for ${host}` });
    if (warnings.length === MOST_WARNINGS) break;
  }
  return warnings;
}
