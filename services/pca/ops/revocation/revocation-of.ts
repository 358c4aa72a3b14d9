/**
 * Whether a certificate is revoked, by its own row and the row of its revocation. Guarantees that nothing counts as good
 * unless both are genuine and say so: rows that differ are reported, and answered by what is worse for the certificate.
 */
import type { PcaDeps } from '../../deps.ts';
import { type Agreement, agreementOf, isTrusted } from '../../domain/revocation/agreement.ts';
import type { Revocation } from '../../domain/revocation/reason.ts';
import type { RevocationRow } from '../../domain/revocation/rows.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import { guardedCertificate } from '../../store/authorities.ts';
import type { Reader } from '../../store/authority-queries.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { guardedRevocation, readRevocation } from '../../store/revocation/revocation-queries.ts';

type Place = Pick<CertificateRow, 'authority_id' | 'serial'>;

export interface KnownRevocation {
  /** Undefined: it was never revoked or on hold. */
  revocation: Revocation | undefined;
  row: RevocationRow | undefined;
}

const nameOf = ({ authority_id, serial }: Place) => `revocation of ${serial} of ${authority_id}`;

/** Of a certificate whose row was verified, or of none where it is missing. */
export async function revocationOf(
  deps: PcaDeps,
  place: Place,
  certificate: CertificateRow | undefined,
): Promise<KnownRevocation> {
  const row = await readRevocation(deps.store.read, place.authority_id, place.serial);
  await verifyRevocation(deps, place, row);
  const first = agreementOf(certificate, row);
  if (first.agree) return { ...first, row };
  // It may have been changed between the two reads.
  const again = await readBoth(deps, place);
  return { revocation: known(deps, place, again.agreement), row: again.row };
}

/** The same for who is about to change it: what differs is not touched. */
export async function requireAgreement(deps: PcaDeps, place: Place): Promise<KnownRevocation> {
  const { row, agreement } = await readBoth(deps, place);
  if (!agreement.agree) throw differs(deps, place);
  return { ...agreement, row };
}

async function readBoth(deps: PcaDeps, place: Place) {
  const { authority_id, serial } = place;
  const [certificate, row] = await deps.store.snapshot(async (view) => {
    const db = view as Reader;
    return [
      await readCertificateRow(db, authority_id, serial),
      await readRevocation(db, authority_id, serial),
    ] as const;
  });
  if (certificate) await deps.guard.verify([guardedCertificate(certificate)]);
  if (certificate && !isAbout(place, certificate))
    throw deps.guard.refuse(`certificate ${serial} of ${authority_id}`, 'the row is about another certificate');
  await verifyRevocation(deps, place, row);
  return { row, agreement: agreementOf(certificate, row) };
}

function known(deps: PcaDeps, place: Place, { revocation, agree }: Agreement): Revocation | undefined {
  if (agree) return revocation;
  const problem = differs(deps, place);
  if (isTrusted(revocation)) throw problem;
  return revocation;
}

const differs = (deps: PcaDeps, place: Place) =>
  deps.guard.refuse(nameOf(place), 'it is not what the row of the certificate says');

async function verifyRevocation(deps: PcaDeps, place: Place, row: RevocationRow | undefined): Promise<void> {
  if (!row) return;
  await deps.guard.verify([guardedRevocation(row)]);
  if (!isAbout(place, row)) throw deps.guard.refuse(nameOf(place), 'the row is about another certificate');
}

const isAbout = (place: Place, row: Place) => row.authority_id === place.authority_id && row.serial === place.serial;
