/** Condition keys that this service fills in, by what the operation is about. */

/** Every operation on an authority. */
export const AUTHORITY_CONDITIONS = ['aws:ResourceTag/*', 'parapet:EnterpriseProjectId'] as const;

export const TAG_CONDITIONS = ['aws:RequestTag/*', 'aws:TagKeys'] as const;

/** What a new authority is to be like. */
export const NEW_AUTHORITY_CONDITIONS = ['acm-pca:AuthorityType', 'acm-pca:KeyType', 'acm-pca:KeyBits'] as const;

/**
 * What a certificate that is to be issued is like, as its bytes say and not as the request does (spec pca 7.1). A key
 * that has nothing to say is absent: use `ForAllValues` together with `Null` where there must be something.
 */
export const CERTIFICATE_CONDITIONS = [
  'acm-pca:TemplateArn',
  'acm-pca:Profile',
  'acm-pca:SubjectCN',
  'acm-pca:SubjectO',
  'acm-pca:SubjectOU',
  'acm-pca:SanDns',
  'acm-pca:SanIp',
  'acm-pca:SanUri',
  'acm-pca:SanEmail',
  'acm-pca:SanDirectory',
  'acm-pca:SanOther',
  'acm-pca:CustomExtension',
  'acm-pca:HasWildcard',
  'acm-pca:ValidityDays',
  'acm-pca:KeyType',
  'acm-pca:KeyBits',
  'acm-pca:ExtendedKeyUsage',
  'acm-pca:IsCA',
  'acm-pca:PathLen',
] as const;
