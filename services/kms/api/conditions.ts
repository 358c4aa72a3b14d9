/** Condition keys that KMS fills in, by what the operation is about (spec kms 3.6). */

/** Every operation on a key. */
export const KEY_CONDITIONS = [
  'kms:CallerAccount',
  'kms:KeyOrigin',
  'kms:KeySpec',
  'kms:KeyUsage',
  'kms:MultiRegion',
  'kms:ResourceAliases',
  'kms:ViaService',
  'aws:ResourceTag/*',
  'parapet:EnterpriseProjectId',
] as const;

/** Operations that use a key; they also take aliases. */
export const CRYPTO_CONDITIONS = [
  ...KEY_CONDITIONS,
  'kms:EncryptionAlgorithm',
  'kms:EncryptionContext:*',
  'kms:EncryptionContextKeys',
  'kms:RequestAlias',
] as const;

export const DATA_KEY_PAIR_CONDITIONS = [...CRYPTO_CONDITIONS, 'kms:DataKeyPairSpec'] as const;

/** Signatures. */
export const SIGNING_CONDITIONS = [
  ...KEY_CONDITIONS,
  'kms:MessageType',
  'kms:RequestAlias',
  'kms:SigningAlgorithm',
] as const;

/** MACs. */
export const MAC_CONDITIONS = [...KEY_CONDITIONS, 'kms:MacAlgorithm', 'kms:RequestAlias'] as const;

/** Operations without a key. */
export const ACCOUNT_CONDITIONS = ['kms:CallerAccount', 'kms:ViaService'] as const;
