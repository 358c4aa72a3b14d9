import { implementFor } from '../../../../platform/runtime/call.ts';
import { GetCertificate } from '../../api/certificates.ts';
import type { PcaDeps } from '../../deps.ts';
import { serialOfArn } from '../../domain/authority-ref.ts';
import { guardedCertificate } from '../../store/authorities.ts';
import { readCertificateRow } from '../../store/certificate-queries.ts';
import { requireState, resolveAuthority } from '../authority-access.ts';
import { certificatePem, chainPem } from '../read-authorities.ts';

const implement = implementFor<PcaDeps>();

export const getCertificate = implement(GetCertificate, {
  resolve: (call, input, deps) => resolveAuthority(call, deps, input.CertificateAuthorityArn),
  async run(call, input, record, deps) {
    const { authority_id: authorityId } = record.row;
    const serial = serialOfArn(input.CertificateArn, record.arn);
    const row = serial === undefined ? undefined : await readCertificateRow(deps.store.read, authorityId, serial);
    if (!row)
      throw call.fail('NotFound', `certificate ${input.CertificateArn} does not exist`, {
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
    return { Certificate: certificatePem(row.certificate), ...(isOwn ? {} : chainPem(record.issuer.chain)) };
  },
});
