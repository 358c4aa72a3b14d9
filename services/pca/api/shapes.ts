/** Shapes that several operations share. Names, bounds and patterns are those of the AWS model unless said. */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import {
  AccountId,
  ArnText,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';

/** Half a surrogate pair has no UTF-8 form, and U+0000 none in PostgreSQL. */
const PLAIN = /^[^\0\p{Surrogate}]*$/u;
const plain = (max: number, min = 0) => text(min, max, { pattern: PLAIN });

export const Arn = text(5, 200, {
  pattern: /^arn:[\w+=/,.@-]+:acm-pca:[\w+=/,.@-]*:[0-9]*:[\w+=,.@-]+(\/[\w+=,.@-]+)*$/,
});
export const MaxResults = integer(1, 1000);
export const NextToken = text(1, 43_739, { audit: 'drop' });
export const IdempotencyToken = text(1, 36, { pattern: /^[\t\n\r\x20-\xff]*$/ });

const TAG = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const Tag = structure({
  Key: text(1, 128, { pattern: TAG }),
  Value: text(0, 256, { pattern: TAG }).optional(),
});
export const Tags = list(Tag, 1, 50);

export const AUTHORITY_TYPES = ['ROOT', 'SUBORDINATE'] as const;
export const AUTHORITY_STATUSES = [
  'CREATING',
  'PENDING_CERTIFICATE',
  'ACTIVE',
  'DELETED',
  'DISABLED',
  'EXPIRED',
  'FAILED',
] as const;
export const USAGE_MODES = ['GENERAL_PURPOSE', 'SHORT_LIVED_CERTIFICATE'] as const;
const KEY_ALGORITHMS = [
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'EC_prime256v1',
  'EC_secp384r1',
  'EC_secp521r1',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
  'SM2',
] as const;
export const SigningAlgorithm = oneOf([
  'SHA256WITHECDSA',
  'SHA384WITHECDSA',
  'SHA512WITHECDSA',
  'SHA256WITHRSA',
  'SHA384WITHRSA',
  'SHA512WITHRSA',
  'SHA256WITHRSA_PSS',
  'SHA384WITHRSA_PSS',
  'SHA512WITHRSA_PSS',
  'SM3WITHSM2',
  'ML_DSA_44',
  'ML_DSA_65',
  'ML_DSA_87',
]);
export const KEY_STORAGE = [
  'FIPS_140_2_LEVEL_2_OR_HIGHER',
  'FIPS_140_2_LEVEL_3_OR_HIGHER',
  'CCPC_LEVEL_1_OR_HIGHER',
] as const;

const ObjectIdentifier = text(0, 64, { pattern: /^([0-2])\.([0-9]|([0-3][0-9]))((\.([0-9]+)){0,126})$/ });
const Printable64 = text(0, 64, { pattern: /^[a-zA-Z0-9'()+-.?:/= ]*$/ });

export const Subject = annotate(
  structure({
    Country: text(2, 2, { pattern: /^[A-Za-z]{2}$/ }).optional(),
    Organization: plain(64).optional(),
    OrganizationalUnit: plain(64).optional(),
    DistinguishedNameQualifier: Printable64.optional(),
    State: plain(128).optional(),
    CommonName: plain(64).optional(),
    SerialNumber: Printable64.optional(),
    Locality: plain(128).optional(),
    Title: plain(64).optional(),
    Surname: plain(40).optional(),
    GivenName: plain(16).optional(),
    Initials: plain(5).optional(),
    Pseudonym: plain(128).optional(),
    GenerationQualifier: plain(3).optional(),
    CustomAttributes: list(structure({ ObjectIdentifier, Value: plain(256, 1) }), 1, 150).optional(),
  }),
  { title: 'ASN1Subject' },
);

export const GeneralName = annotate(
  structure({
    OtherName: structure({ TypeId: ObjectIdentifier, Value: plain(256) }).optional(),
    Rfc822Name: plain(256).optional(),
    DnsName: plain(253).optional(),
    DirectoryName: Subject.optional(),
    EdiPartyName: structure({ PartyName: plain(256), NameAssigner: plain(256).optional() }).optional(),
    UniformResourceIdentifier: plain(253).optional(),
    IpAddress: plain(39).optional(),
    RegisteredId: ObjectIdentifier.optional(),
  }),
  { title: 'GeneralName' },
);

const KeyUsage = structure({
  DigitalSignature: flag().optional(),
  NonRepudiation: flag().optional(),
  KeyEncipherment: flag().optional(),
  DataEncipherment: flag().optional(),
  KeyAgreement: flag().optional(),
  KeyCertSign: flag().optional(),
  CRLSign: flag().optional(),
  EncipherOnly: flag().optional(),
  DecipherOnly: flag().optional(),
});

const PolicyInformation = structure({
  CertPolicyId: ObjectIdentifier,
  PolicyQualifiers: list(
    structure({ PolicyQualifierId: oneOf(['CPS']), Qualifier: structure({ CpsUri: plain(256) }) }),
    1,
    20,
  ).optional(),
});

export const EXTENDED_KEY_USAGES = [
  'SERVER_AUTH',
  'CLIENT_AUTH',
  'CODE_SIGNING',
  'EMAIL_PROTECTION',
  'TIME_STAMPING',
  'OCSP_SIGNING',
  'SMART_CARD_LOGIN',
  'DOCUMENT_SIGNING',
  'CERTIFICATE_TRANSPARENCY',
] as const;

const Extensions = structure({
  CertificatePolicies: list(PolicyInformation, 1, 20).optional(),
  ExtendedKeyUsage: list(
    structure({
      ExtendedKeyUsageType: oneOf(EXTENDED_KEY_USAGES).optional(),
      ExtendedKeyUsageObjectIdentifier: ObjectIdentifier.optional(),
    }),
    1,
    20,
  ).optional(),
  KeyUsage: KeyUsage.optional(),
  SubjectAlternativeNames: list(GeneralName, 1, 150).optional(),
  CustomExtensions: list(
    structure({
      ObjectIdentifier,
      /** Base64 of the DER value. */
      Value: text(1, 4096, { pattern: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/ }),
      Critical: flag().optional(),
    }),
    1,
    150,
  ).optional(),
});

export const ApiPassthrough = structure({ Extensions: Extensions.optional(), Subject: Subject.optional() });

export const Validity = structure({
  Value: integer(1, Number.MAX_SAFE_INTEGER),
  Type: oneOf(['END_DATE', 'ABSOLUTE', 'DAYS', 'MONTHS', 'YEARS']),
});

const AccessDescription = structure({
  AccessMethod: structure({
    CustomObjectIdentifier: ObjectIdentifier.optional(),
    AccessMethodType: oneOf(['CA_REPOSITORY', 'RESOURCE_PKI_MANIFEST', 'RESOURCE_PKI_NOTIFY']).optional(),
  }),
  AccessLocation: GeneralName,
});

export const AuthorityConfiguration = annotate(
  structure({
    KeyAlgorithm: oneOf(KEY_ALGORITHMS),
    SigningAlgorithm,
    Subject,
    CsrExtensions: structure({
      KeyUsage: KeyUsage.optional(),
      SubjectInformationAccess: list(AccessDescription, 0, 100).optional(),
    }).optional(),
  }),
  { title: 'CertificateAuthorityConfiguration' },
);

const Cname = text(0, 253, { pattern: /^[-a-zA-Z0-9;/?:@&=+$,%_.!~*()']*$/ });
export const RevocationConfiguration = structure({
  CrlConfiguration: structure({
    Enabled: flag(),
    ExpirationInDays: integer(1, 5000).optional(),
    CustomCname: Cname.optional(),
    S3BucketName: text(3, 255, { pattern: /^[-a-zA-Z0-9._/]+$/ }).optional(),
    S3ObjectAcl: oneOf(['PUBLIC_READ', 'BUCKET_OWNER_FULL_CONTROL']).optional(),
    CrlDistributionPointExtensionConfiguration: structure({ OmitExtension: flag() }).optional(),
    CrlType: oneOf(['COMPLETE', 'PARTITIONED']).optional(),
    CustomPath: text(0, 253).optional(),
  }).optional(),
  OcspConfiguration: structure({ Enabled: flag(), OcspCustomCname: Cname.optional() }).optional(),
});

export const CertificateAuthority = annotate(
  structure({
    Arn: ArnText,
    OwnerAccount: AccountId,
    CreatedAt: timestamp(),
    LastStateChangeAt: timestamp(),
    Type: oneOf(AUTHORITY_TYPES),
    /** Of its certificate, hexadecimal with colons. */
    Serial: text(1, 128).optional(),
    Status: oneOf(AUTHORITY_STATUSES),
    NotBefore: timestamp().optional(),
    NotAfter: timestamp().optional(),
    FailureReason: oneOf(['REQUEST_TIMED_OUT', 'UNSUPPORTED_ALGORITHM', 'OTHER']).optional(),
    CertificateAuthorityConfiguration: AuthorityConfiguration,
    RevocationConfiguration,
    RestorableUntil: timestamp().optional(),
    KeyStorageSecurityStandard: oneOf(KEY_STORAGE),
    UsageMode: oneOf(USAGE_MODES),
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  { title: 'CertificateAuthority' },
);

/** One certificate, PEM. */
export const CertificateText = text(1, 65_536, { audit: 'length' });
export const ChainText = text(1, 2_097_152, { audit: 'length' });
