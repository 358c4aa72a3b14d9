/** The private keys that are kept with certificates. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { structure, text } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { changeErrors, readErrors } from '../errors.ts';
import { onCertificate } from '../scm/shapes.ts';
import { pca } from '../service.ts';
import { Arn } from '../shapes.ts';
import { CertificateWithKey, keyFile } from './shapes.ts';

const of = {
  /** Of one that was issued here, its authority: the ARN of the certificate says it already. */
  CertificateAuthorityArn: Arn.optional(),
  CertificateArn: Arn,
};
const example = {
  CertificateAuthorityArn: AUTHORITY_EXAMPLE,
  CertificateArn: `${AUTHORITY_EXAMPLE}/certificate/2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e`,
};

export const ExportPrivateKey = defineOperation({
  ...pca(),
  name: 'ExportPrivateKey',
  doc: 'The private key that is kept with a certificate, in a file. Require a second factor with aws:MultiFactorAuthPresent.',
  input: structure({ ...of, ...keyFile }),
  output: CertificateWithKey,
  errors: readErrors('InvalidArgs', 'InvalidState'),
  authz: onCertificate('ExportPrivateKey'),
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
  errors: changeErrors('InvalidRequest'),
  authz: onCertificate('DeleteCertificateKey'),
  effect: 'write',
  examples: [
    {
      title: 'by ARN',
      input: { ...example, Confirmation: 'delete the key of 2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e' },
    },
  ],
});
