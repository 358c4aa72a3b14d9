/** Which issued certificate stands in the place of which one. A row that does not verify is no link. */
import type { PcaDeps } from '../../deps.ts';
import type { CertificateRow, Unsealed } from '../../domain/rows.ts';
import { type ReissueRow, reissueRowBytes } from '../../domain/scm/rows.ts';
import { guardedReissue, readReissue, readReplacing } from '../../store/scm/reissue-queries.ts';

export interface Links {
  /** Serial numbers, of the same authority. */
  replaces: string | undefined;
  replacedBy: string | undefined;
}

export async function linksOf(
  deps: PcaDeps,
  { authority_id, serial }: Pick<CertificateRow, 'authority_id' | 'serial'>,
): Promise<Links> {
  const { read } = deps.store;
  const own = await readReissue(read, authority_id, serial);
  const replacing = await readReplacing(read, authority_id, serial);
  await deps.guard.verify([own, replacing].flatMap((row) => (row ? [guardedReissue(row)] : [])));
  return { replaces: own?.replaces_serial, replacedBy: replacing?.serial };
}

export async function sealedReissue(deps: PcaDeps, row: Unsealed<ReissueRow>): Promise<ReissueRow> {
  const [row_mac] = await deps.guard.seal([reissueRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}
