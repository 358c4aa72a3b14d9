/** From an authority and a serial number as people write it to the certificate that was issued. */
import type { PcaDeps } from '../../deps.ts';
import { certificateArn } from '../../domain/authority-ref.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import { type AuthorityRecord, guardedCertificate } from '../../store/authorities.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { type AnyCall, requireState } from '../authority-access.ts';

export type IssuedRow = CertificateRow & { certificate: Buffer };

/** As rows have it; undefined: it is no serial number. */
export function serialOf(text: string): string | undefined {
  const digits = text.replaceAll(':', '').toLowerCase();
  if (!/^[0-9a-f]{1,42}$/.test(digits)) return undefined;
  const even = digits.length % 2 === 0 ? digits : `0${digits}`;
  return even.length > 2 && even.startsWith('00') ? even.slice(2) : even;
}

export async function requireIssued(
  call: AnyCall,
  deps: PcaDeps,
  record: AuthorityRecord,
  text: string,
): Promise<IssuedRow> {
  requireState(call, 'Revoke', record);
  const { authority_id: authorityId } = record.row;
  const serial = serialOf(text);
  if (serial === undefined)
    throw call.fail('InvalidRequest', 'CertificateSerial is not a serial number in hexadecimal digits', {
      hint: 'openssl x509 -noout -serial prints it',
    });
  const row = await readCertificateRow(deps.store.read, authorityId, serial);
  if (!row) throw call.fail('NotFound', `certificate ${serial} was not issued by ${record.arn}`);
  await deps.guard.verify([guardedCertificate(row)]);
  if (row.authority_id !== authorityId || row.serial !== serial)
    throw deps.guard.refuse(`certificate ${serial} of ${authorityId}`, 'the row is about another certificate');
  if (row.state === 'failed') throw call.fail('RequestFailed', `certificate ${serial} was never signed`);
  if (row.certificate === null)
    throw call.fail('RequestInProgress', `certificate ${serial} is being signed`, {
      details: { retryAfterSeconds: 1 },
    });
  call.touches(certificateArn(record.arn, serial), 'AWS::ACMPCA::Certificate', row.account_id);
  return { ...row, certificate: row.certificate };
}
