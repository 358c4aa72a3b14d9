/** OCSP (RFC 6960): asked for by the PKI listener. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { blob, structure, text, timestamp } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { pca } from '../service.ts';
import { Arn } from '../shapes.ts';

export const MAX_OCSP_REQUEST = 10_240;

export const AnswerOcspRequest = defineOperation({
  ...pca(),
  name: 'AnswerOcspRequest',
  doc: 'Answers an OCSP request about certificates of an authority.',
  input: structure({ AuthorityId: text(36, 36), Request: blob(MAX_OCSP_REQUEST, 0) }),
  output: structure({
    Response: blob(65_536),
    /** Absent: the answer is not for others who ask the same. */
    ThisUpdate: timestamp().optional(),
    NextUpdate: timestamp().optional(),
  }),
  authz: 'internal',
  effect: 'read',
  // What was revoked after the backup would be `good` again. The listener says tryLater.
  whileHeld: 'refused',
});

/** Never asked for: the record of a responder that was made. */
export const IssueResponderCertificate = defineOperation({
  ...pca(),
  name: 'IssueResponderCertificate',
  doc: 'Makes the key of an OCSP responder in the HSM and issues its certificate.',
  input: structure({ CertificateAuthorityArn: Arn, CertificateSerial: text(2, 40), NotAfter: timestamp() }),
  authz: 'internal',
  effect: 'write',
  examples: [
    {
      title: 'a record',
      input: {
        CertificateAuthorityArn: AUTHORITY_EXAMPLE,
        CertificateSerial: '2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e',
        NotAfter: '2026-07-01T00:00:00Z',
      },
    },
  ],
});
