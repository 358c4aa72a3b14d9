/** Condition keys that the vault fills in, by what the operation is about (spec ccms 3.10). */

/** Every operation on a secret. */
export const SECRET_CONDITIONS = [
  'secretsmanager:SecretId',
  'secretsmanager:SecretPrimaryRegion',
  'secretsmanager:ResourceTag/*',
  'aws:ResourceTag/*',
  'parapet:EnterpriseProjectId',
] as const;

export const TAG_CONDITIONS = ['aws:RequestTag/*', 'aws:TagKeys'] as const;

/** What a new secret, or the new state of one, is to be like. */
export const CONTENT_CONDITIONS = [
  'secretsmanager:Description',
  'secretsmanager:KmsKeyId',
  'secretsmanager:KmsKeyArn',
] as const;

/** Every operation on a credential role or its leases. */
export const ROLE_CONDITIONS = ['parapet:EnterpriseProjectId'] as const;
