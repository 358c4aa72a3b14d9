/** Shapes that several KMS operations share. Names, bounds and patterns are those of the AWS model unless said. */
import { z } from 'zod';
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import {
  AccountId,
  ArnText,
  annotate,
  blob,
  dictionary,
  flag,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';

/** Key id, key ARN, alias name or alias ARN; which of them an operation takes is said in its text. */
export const KeyIdRef = text(1, 2048);

export const KEY_SPECS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SYMMETRIC_DEFAULT',
  'HMAC_224',
  'HMAC_256',
  'HMAC_384',
  'HMAC_512',
  'SM2',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'ECC_NIST_EDWARDS25519',
] as const;
export const KEY_USAGES = ['SIGN_VERIFY', 'ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC', 'KEY_AGREEMENT'] as const;
export const ORIGINS = ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] as const;
export const KEY_STATES = [
  'Creating',
  'Enabled',
  'Disabled',
  'PendingDeletion',
  'PendingImport',
  'PendingReplicaDeletion',
  'Unavailable',
  'Updating',
] as const;
const ENCRYPTION_ALGORITHMS = ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'] as const;

/** As the AWS model has them; which of them a key takes is in its metadata. */
export const SIGNING_ALGORITHMS = [
  'RSASSA_PSS_SHA_256',
  'RSASSA_PSS_SHA_384',
  'RSASSA_PSS_SHA_512',
  'RSASSA_PKCS1_V1_5_SHA_256',
  'RSASSA_PKCS1_V1_5_SHA_384',
  'RSASSA_PKCS1_V1_5_SHA_512',
  'ECDSA_SHA_256',
  'ECDSA_SHA_384',
  'ECDSA_SHA_512',
  'SM2DSA',
  'ML_DSA_SHAKE_256',
  'ED25519_SHA_512',
  'ED25519_PH_SHA_512',
] as const;
export const MAC_ALGORITHMS = ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'] as const;

export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];
export type MacAlgorithm = (typeof MAC_ALGORITHMS)[number];
export type KeySpec = (typeof KEY_SPECS)[number];
export type KeyUsage = (typeof KEY_USAGES)[number];
export type Origin = (typeof ORIGINS)[number];
export type KeyState = (typeof KEY_STATES)[number];

export const EncryptionAlgorithm = oneOf(ENCRYPTION_ALGORITHMS);
export const SigningAlgorithm = oneOf(SIGNING_ALGORITHMS);
export const MacAlgorithm = oneOf(MAC_ALGORITHMS);
/** SubjectPublicKeyInfo, DER. */
export const PublicKey = blob(8192);

/** Authenticated, not secret: it stands in the record in the clear. Values are strings, never coerced here. */
export const EncryptionContext = dictionary(z.string().min(1).max(8192), text(0, 8192));

/** Grants count without them; those that are given must be genuine. */
export const GrantTokens = annotate(list(text(1, 8192, { audit: 'drop' }), 0, 10), { audit: 'length' });

export const Ciphertext = blob(6144);
export const KeyMaterialId = text(64, 64, { pattern: /^[a-f0-9]+$/ });
export const AliasName = text(1, 256, { pattern: /^[a-zA-Z0-9:/_-]+$/ });
export const PolicyName = text(1, 128, { pattern: /^\w+$/ });
/** PostgreSQL cannot store U+0000. */
const WITHOUT_NUL = /^[^\u0000]*$/;
export const Description = text(0, 8192, { pattern: WITHOUT_NUL });
export const TagKey = text(1, 128, { pattern: WITHOUT_NUL });
const TagValue = text(0, 256, { pattern: WITHOUT_NUL });

const Tag = structure({ TagKey, TagValue });
/** More than 50 answer a TagException, not a ValidationException. */
export const Tags = list(Tag, 0, 200);

export const KeyMetadata = structure({
  AWSAccountId: AccountId.optional(),
  KeyId: KeyIdRef,
  Arn: ArnText.optional(),
  CreationDate: timestamp().optional(),
  Enabled: flag().optional(),
  Description: Description.optional(),
  KeyUsage: oneOf(KEY_USAGES).optional(),
  KeyState: oneOf(KEY_STATES).optional(),
  DeletionDate: timestamp().optional(),
  Origin: oneOf(ORIGINS).optional(),
  KeyManager: oneOf(['AWS', 'CUSTOMER']).optional(),
  CustomerMasterKeySpec: oneOf(KEY_SPECS).optional(),
  KeySpec: oneOf(KEY_SPECS).optional(),
  EncryptionAlgorithms: list(EncryptionAlgorithm, 0, 8).optional(),
  SigningAlgorithms: list(SigningAlgorithm, 0, 16).optional(),
  MacAlgorithms: list(MacAlgorithm, 0, 8).optional(),
  MultiRegion: flag().optional(),
  EnterpriseProjectId: EnterpriseProjectId.optional(),
  CurrentKeyMaterialId: KeyMaterialId.optional(),
});
export type KeyMetadata = z.output<typeof KeyMetadata>;
