/**
 * Whether the authority may still be believed by anybody: none of the certificates above its own certificates was revoked
 * or is on hold. Those of roots are not asked about: nobody can revoke them.
 */
import { hash } from 'node:crypto';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { PcaDeps } from '../../deps.ts';
import { isTrusted } from '../../domain/revocation/agreement.ts';
import { type Certificate, serialText } from '../../domain/x509/certificate.ts';
import { nameText } from '../../domain/x509/name.ts';
import { publicKeyHash } from '../../domain/x509/public-key.ts';
import { type AuthorityRecord, guardedCertificate } from '../../store/authorities.ts';
import { own } from '../../store/authority-queries.ts';
import { authoritiesWithKey, certificateBySerial } from '../../store/issuing-statements.ts';
import { guardedRevocation, revokedAmong } from '../../store/revocation/revocation-queries.ts';
import type { AnyCall } from '../authority-access.ts';
import { revocationOf } from './revocation-of.ts';

export function certificateHash({ bytes }: Pick<Certificate, 'bytes'>): string {
  return hash('sha256', bytes, 'hex');
}

/** By their hashes. */
function revocable(chain: readonly Certificate[]): Map<string, Certificate> {
  const below = chain.filter(({ issuer, subject }) => !issuer.bytes.equals(subject.bytes));
  return new Map(below.map((certificate) => [certificateHash(certificate), certificate]));
}

/** The first certificate of the chain that was revoked. */
export async function revokedAbove(deps: PcaDeps, chain: readonly Certificate[]): Promise<Certificate | undefined> {
  const certificates = revocable(chain);
  if (certificates.size === 0) return undefined;
  const rows = await revokedAmong(deps.store.read, [...certificates.keys()]);
  await deps.guard.verify(rows.map(guardedRevocation));
  const [first] = rows;
  return first ? certificates.get(first.certificate_hash) : revokedByItsRow(deps, chain);
}

/** SECURITY: a row of revocation can be missing. Those that an authority of ours issued are asked themselves. */
async function revokedByItsRow(deps: PcaDeps, chain: readonly Certificate[]): Promise<Certificate | undefined> {
  for (const [at, certificate] of chain.entries()) {
    const issuer = chain[at + 1];
    if (!issuer) continue;
    const serial = serialText(certificate.serial);
    for (const { authority_id } of await authoritiesWithKey(deps.store.read, publicKeyHash(issuer.publicKey))) {
      const [row] = await certificateBySerial(deps.store.read, authority_id, serial);
      if (!row?.certificate?.equals(certificate.bytes)) continue;
      await deps.guard.verify([guardedCertificate(row)]);
      const { revocation } = await revocationOf(deps, row, row);
      if (!isTrusted(revocation)) return certificate;
    }
  }
  return undefined;
}

export async function requireTrustedChain(
  call: AnyCall,
  deps: PcaDeps,
  { issuer, arn }: AuthorityRecord,
): Promise<void> {
  const revoked = await revokedAbove(deps, issuer.chain);
  if (!revoked) return;
  throw call.fail(
    'InvalidState',
    `certificate authority ${arn} issues nothing: the certificate of ${nameText(revoked.subject).slice(0, 200)} was revoked`,
    { hint: 'import a new certificate for it, or release the hold' },
  );
}

/** The same at the commit, where nothing waits for the HSM. */
export async function isTrustedAt(tx: AnyTransaction, { issuer }: AuthorityRecord): Promise<boolean> {
  const hashes = [...revocable(issuer.chain).keys()];
  return hashes.length === 0 || (await revokedAmong(own(tx), hashes)).length === 0;
}
