/** The row of a private key that is kept, and what it is bound to. */
import { canonicalRow } from '../../../../platform/contract/canonical-row.ts';
import { authorityArn, certificateArn, type Place } from '../authority-ref.ts';
import type { CertificateRow, Unsealed } from '../rows.ts';

/** Which key: that of one version of one certificate. What an authority issues has version 1 and no other. */
export interface KeyName {
  accountId: string;
  certificateArn: string;
  version: number;
}

export interface CertificateKeyRow {
  certificate_arn: string;
  version: number;
  account_id: string;
  /** As `keyAlgorithmOf` names it. */
  key_algorithm: string;
  /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
  public_key_hash: string;
  /** PKCS #8 DER, sealed under the tenant key. */
  sealed: Buffer;
  created_at: number;
  row_mac: Buffer;
}

export function certificateKeyRowBytes(row: Unsealed<CertificateKeyRow>): Buffer {
  const { certificate_arn, version, account_id, key_algorithm, public_key_hash, sealed, created_at } = row;
  return canonicalRow('certificate-key', [
    certificate_arn,
    version,
    account_id,
    key_algorithm,
    public_key_hash,
    sealed,
    created_at,
  ]);
}

/** What the key is sealed for: in the row of another certificate, version or account it does not open. */
export function certificateKeyAad({ accountId, certificateArn, version }: KeyName, publicKeyHash: string): Buffer {
  return canonicalRow('parapet/pca/certificate-key', [1, accountId, certificateArn, version, publicKeyHash]);
}

/** Of what one of our authorities issues. */
export function issuedKeyName(
  { account_id: accountId, authority_id, serial }: Pick<CertificateRow, 'account_id' | 'authority_id' | 'serial'>,
  { partition, region }: Pick<Place, 'partition' | 'region'>,
): KeyName {
  const certificate = certificateArn(authorityArn({ accountId, partition, region }, authority_id), serial);
  return { accountId, certificateArn: certificate, version: 1 };
}
