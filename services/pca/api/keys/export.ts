/** Certificates as files, and the private keys that are kept with them. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { blob, oneOf, structure, text } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { changeErrors, readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { Arn } from '../shapes.ts';
import { CertificateWithKey, keyFile } from './shapes.ts';

const of = { CertificateAuthorityArn: Arn, CertificateArn: Arn };
const example = {
  CertificateAuthorityArn: AUTHORITY_EXAMPLE,
  CertificateArn: `${AUTHORITY_EXAMPLE}/certificate/2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e`,
};

export const ExportCertificate = defineOperation({
  ...pca(),
  name: 'ExportCertificate',
  doc: 'A certificate as a file, without its key. PEM: the certificate and the chain above it, as servers want it; PKCS7: the same as programs import it; DER: the certificate alone.',
  input: structure({
    ...of,
    /** Default: PEM. */
    Format: oneOf(['PEM', 'PKCS7', 'DER']).optional(),
  }),
  output: structure({ File: blob(4_194_304) }),
  errors: readErrors('InvalidState', 'RequestFailed', 'RequestInProgress'),
  authz: {
    action: 'acm-pca:ExportCertificate',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'read',
  examples: [{ title: 'as PKCS #7', input: { ...example, Format: 'PKCS7' } }],
});

export const ExportPrivateKey = defineOperation({
  ...pca(),
  name: 'ExportPrivateKey',
  doc: 'The private key that is kept with a certificate, in a file. Require a second factor with aws:MultiFactorAuthPresent.',
  input: structure({ ...of, ...keyFile }),
  output: CertificateWithKey,
  errors: readErrors('InvalidArgs', 'InvalidState', 'RequestFailed', 'RequestInProgress'),
  authz: {
    action: 'acm-pca:ExportPrivateKey',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'use',
  examples: [
    {
      title: 'as a PKCS #12 file',
      input: { ...example, Passphrase: Buffer.from('correct horse battery').toString('base64') },
    },
  ],
});

export const DeleteCertificateKey = defineOperation({
  ...pca(),
  name: 'DeleteCertificateKey',
  doc: 'Deletes the private key that is kept with a certificate, for good. The certificate stays.',
  input: structure({
    ...of,
    /** `delete the key of SERIAL`, with the serial number in the ARN: nobody can bring the key back. */
    Confirmation: text(1, 128).optional(),
  }),
  errors: changeErrors('InvalidRequest', 'RequestFailed', 'RequestInProgress'),
  authz: {
    action: 'acm-pca:DeleteCertificateKey',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'write',
  examples: [
    {
      title: 'by ARN',
      input: { ...example, Confirmation: 'delete the key of 2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e' },
    },
  ],
});
