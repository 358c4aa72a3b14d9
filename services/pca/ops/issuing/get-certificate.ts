import { implementFor } from '../../../../platform/runtime/call.ts';
import { GetCertificate } from '../../api/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { serialOfArn } from '../../domain/authority-ref.ts';
import type { CertificateRow } from '../../domain/rows.ts';
import type { Certificate } from '../../domain/x509/certificate.ts';
import { type AuthorityRecord, guardedCertificate } from '../../store/authorities.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { type AnyCall, requireState, resolveAuthority } from '../authority-access.ts';
import { certificatePem, chainPem } from '../read-authorities.ts';

const implement = implementFor<PcaDeps>();

export const getCertificate = implement(GetCertificate, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const { certificate, chain } = await requireCertificate(call, deps, record, input.CertificateArn);
    return { Certificate: certificatePem(certificate), ...chainPem(chain) };
  },
});

export interface FoundCertificate {
  row: CertificateRow;
  certificate: Buffer;
  /** From the issuer to the root. */
  chain: readonly Certificate[];
}

/** The certificate of the ARN, issued by that authority. */
export async function requireCertificate(
  call: AnyCall,
  deps: PcaDeps,
  record: AuthorityRecord,
  arn: string,
): Promise<FoundCertificate> {
  const { authority_id: authorityId } = record.row;
  const serial = serialOfArn(arn, record.arn);
  const row = serial === undefined ? undefined : await readCertificateRow(deps.store.read, authorityId, serial);
  if (!row)
    throw call.fail('NotFound', `certificate ${arn} does not exist`, {
      hint: 'IssueCertificate answers the ARN',
    });
  await deps.guard.verify([guardedCertificate(row)]);
  if (row.authority_id !== authorityId || row.serial !== serial)
    throw deps.guard.refuse(`certificate ${serial} of ${authorityId}`, 'the row is about another certificate');
  // What a root issued for itself is there before the root has a certificate.
  requireState(call, 'GetIssued', record);
  if (row.state === 'failed') throw call.fail('RequestFailed', `certificate ${serial} was never signed`);
  if (row.certificate === null)
    throw call.fail('RequestInProgress', `certificate ${serial} is being signed`, {
      details: { retryAfterSeconds: 1 },
    });
  const isOwn = row.public_key_hash === record.row.public_key_hash;
  return { row, certificate: row.certificate, chain: isOwn ? [] : record.issuer.chain };
}
