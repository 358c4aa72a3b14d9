/** Certificates whose private key is made here, for those who cannot make one. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { flag, list, oneOf, structure } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS, CERTIFICATE_CONDITIONS } from '../conditions.ts';
import { readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { ApiPassthrough, Arn, GeneralName, IdempotencyToken, SigningAlgorithm, Subject, Validity } from '../shapes.ts';
import { CERTIFICATE_KEY_ALGORITHMS, CertificateWithKey, keyFile } from './shapes.ts';

export const IssueCertificateWithKey = defineOperation({
  ...pca(),
  name: 'IssueCertificateWithKey',
  doc: 'Makes a private key and issues a certificate for it, by the same policies and lints as IssueCertificate, which the caller must be allowed as well. The key is answered this once, unless KeepKey is said: then it is kept, sealed, and ExportPrivateKey answers it. A repeated IdempotencyToken answers the same certificate: with its key where it was kept, otherwise RequestAlreadyProcessed.',
  input: structure({
    CertificateAuthorityArn: Arn,
    KeyAlgorithm: oneOf(CERTIFICATE_KEY_ALGORITHMS),
    Subject: Subject.optional(),
    SubjectAlternativeNames: list(GeneralName, 1, 150).optional(),
    /** Of the family of the authority's key; default: what it signs with otherwise. */
    SigningAlgorithm: SigningAlgorithm.optional(),
    /** Default: EndEntityCertificate. None of authorities. */
    TemplateArn: Arn.optional(),
    Validity,
    /** ABSOLUTE, at most a day ago; default: an hour ago. */
    ValidityNotBefore: Validity.optional(),
    ApiPassthrough: ApiPassthrough.optional(),
    ...keyFile,
    /** Only in the account of the authority. */
    KeepKey: flag().optional(),
    IdempotencyToken: IdempotencyToken.optional(),
  }),
  output: CertificateWithKey,
  errors: readErrors(
    'InvalidArgs',
    'InvalidState',
    'LimitExceeded',
    'RequestInProgress',
    'RequestAlreadyProcessed',
    'RequestFailed',
  ),
  authz: {
    action: 'acm-pca:IssueCertificateWithKey',
    alsoChecks: ['acm-pca:IssueCertificate'],
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, ...CERTIFICATE_CONDITIONS],
  },
  effect: 'write',
  examples: [
    {
      title: 'as a PKCS #12 file, kept for later',
      input: {
        CertificateAuthorityArn: AUTHORITY_EXAMPLE,
        KeyAlgorithm: 'EC_prime256v1',
        Subject: { CommonName: 'www.example.com' },
        SubjectAlternativeNames: [{ DnsName: 'www.example.com' }],
        Validity: { Type: 'DAYS', Value: 90 },
        Passphrase: Buffer.from('correct horse battery').toString('base64'),
        KeepKey: true,
      },
    },
  ],
});
