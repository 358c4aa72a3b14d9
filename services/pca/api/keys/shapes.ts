/** What operations on private keys of certificates share. */
import { oneOf, secretBlob, structure } from '../../../../platform/contract/shape.ts';
import { Arn, CertificateText, ChainText } from '../shapes.ts';

export const CERTIFICATE_KEY_ALGORITHMS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_prime256v1',
  'EC_secp384r1',
  'EC_secp521r1',
] as const;

/** PEM: PKCS #8 in the clear; ENCRYPTED_PEM: PKCS #8 under the password; PKCS12: key, certificate and chain under it. */
export const KEY_FORMATS = ['PEM', 'ENCRYPTED_PEM', 'PKCS12'] as const;

export const keyFile = {
  /** Default: PKCS12. */
  KeyFormat: oneOf(KEY_FORMATS).optional(),
  /** Of ENCRYPTED_PEM and PKCS12: UTF-8, at least 12 bytes. */
  Passphrase: secretBlob(128).optional(),
};

export const CertificateWithKey = structure({
  CertificateArn: Arn,
  Certificate: CertificateText,
  CertificateChain: ChainText.optional(),
  /** The file: PEM text or PKCS #12. */
  PrivateKey: secretBlob(4_194_304),
});
