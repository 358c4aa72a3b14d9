/** Certificates that authorities issue. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  annotate,
  blob,
  flag,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from './authorities.ts';
import { AUTHORITY_CONDITIONS, CERTIFICATE_CONDITIONS } from './conditions.ts';
import { readErrors } from './errors.ts';
import { aws, pca } from './service.ts';
import {
  ApiPassthrough,
  Arn,
  CertificateText,
  ChainText,
  IdempotencyToken,
  SigningAlgorithm,
  Validity,
} from './shapes.ts';

/** P-256, `CN=www.example.com`, DNS name `www.example.com`. */
export const CSR = [
  'MIIBAjCBqQIBADAaMRgwFgYDVQQDDA93d3cuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATvpzArH0ZjYWwI',
  'lSzM0vKAx3pxy17N2703048w7a2wCTWS1UUdoKW+weS2dya3EDtYltl0bkxOIla9Q6fUjULooC0wKwYJKoZIhvcNAQkOMR4wHDAa',
  'BgNVHREEEzARgg93d3cuZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDSAAwRQIhALVWN3C9g8Fai0rmmXxgBJQIU/Z8T2HtWK2Wa5+q',
  'ncfEAiACwVl3KHWefAZFtwyQapkOjckAVndlhXMrII+Hqjai3Q==',
].join('');

const order = {
  CertificateAuthorityArn: Arn,
  /** PEM or DER. */
  Csr: blob(32_768),
  /** Of the family of the authority's key. */
  SigningAlgorithm,
  /** Default: EndEntityCertificate. */
  TemplateArn: Arn.optional(),
  Validity,
  /** ABSOLUTE, at most a day ago; default: an hour ago. */
  ValidityNotBefore: Validity.optional(),
  ApiPassthrough: ApiPassthrough.optional(),
};

const orderErrors = () =>
  readErrors('InvalidArgs', 'InvalidState', 'MalformedCsr', 'LimitExceeded', 'RequestInProgress');

const example = {
  CertificateAuthorityArn: AUTHORITY_EXAMPLE,
  Csr: CSR,
  SigningAlgorithm: 'SHA256WITHECDSA',
  Validity: { Type: 'DAYS', Value: 90 },
};

export const IssueCertificate = defineOperation({
  ...pca(),
  name: 'IssueCertificate',
  doc: 'Issues a certificate. What it would be is decided by policies on its content, checked by lints as it would be signed, and stored before the HSM signs it.',
  input: structure({ ...order, IdempotencyToken: IdempotencyToken.optional() }),
  output: structure({ CertificateArn: Arn }),
  errors: orderErrors(),
  authz: {
    action: 'acm-pca:IssueCertificate',
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, ...CERTIFICATE_CONDITIONS],
  },
  // ACME, for the principal that an account acts for.
  onBehalf: ['pca'],
  effect: 'write',
  aws: aws('IssueCertificate'),
  examples: [{ title: 'for 90 days', input: example }],
});

const Finding = annotate(
  structure({
    /** Number of the rule. */
    Lint: integer(1, 40),
    Name: text(1, 64),
    Level: oneOf(['error', 'warning']),
    Message: text(1, 1024),
  }),
  { title: 'LintFinding' },
);

const NameText = text(0, 4096);

export const PreviewCertificate = defineOperation({
  ...pca(),
  name: 'PreviewCertificate',
  doc: 'What IssueCertificate would do with the same input: the certificate, what the lints find, and whether the caller may issue it. Takes no serial number, signs nothing, changes nothing.',
  input: structure(order),
  output: structure({
    /** Whether the policies let the caller issue it. */
    Allowed: flag(),
    /** Whether it would be issued to somebody who may. */
    Issuable: flag(),
    Findings: list(Finding, 0, 200),
    Subject: NameText,
    Issuer: NameText,
    NotBefore: timestamp(),
    NotAfter: timestamp(),
    Names: list(NameText, 0, 200),
    KeyUsage: list(text(1, 32), 0, 9),
    ExtendedKeyUsage: list(text(1, 128), 0, 40),
    /** Absent: not an authority. */
    PathLen: integer(0, 255).optional(),
    IsCA: flag(),
    /** Of the request: extensions that would not be in the certificate. */
    Dropped: list(text(1, 128), 0, 200),
    /** What would be signed, DER, with a serial number that nobody has. */
    ToBeSigned: blob(65_536),
  }),
  errors: orderErrors(),
  authz: {
    action: 'acm-pca:PreviewCertificate',
    resource: 'acm-pca:certificate-authority',
    conditions: [...AUTHORITY_CONDITIONS, ...CERTIFICATE_CONDITIONS],
  },
  effect: 'read',
  examples: [{ title: 'for 90 days', input: example }],
});

export const GetCertificate = defineOperation({
  ...pca(),
  name: 'GetCertificate',
  doc: 'A certificate that an authority issued, with the chain above it, PEM.',
  input: structure({ CertificateAuthorityArn: Arn, CertificateArn: Arn }),
  output: structure({ Certificate: CertificateText, CertificateChain: ChainText.optional() }),
  errors: readErrors('InvalidState', 'RequestFailed', 'RequestInProgress'),
  authz: {
    action: 'acm-pca:GetCertificate',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'read',
  aws: aws('GetCertificate'),
  examples: [
    {
      title: 'by ARN',
      input: {
        CertificateAuthorityArn: AUTHORITY_EXAMPLE,
        CertificateArn: `${AUTHORITY_EXAMPLE}/certificate/2f0c4d9aa1b2c3d4e5f60718293a4b5c6d7e`,
      },
    },
  ],
});
