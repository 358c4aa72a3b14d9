/** One inventory: certificates that authorities issued, and those from elsewhere, found by what is in them. Not of AWS. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { annotate, list, oneOf, structure, text, timestamp } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { readErrors } from '../errors.ts';
import { CertificateName, CertificateStatus, Shown, Source } from '../scm/shapes.ts';
import { pca } from '../service.ts';
import { Arn, MaxResults, NextToken } from '../shapes.ts';

const ListedCertificate = annotate(
  structure({
    CertificateArn: Arn,
    Source,
    Status: CertificateStatus,
    /** What people call it; of an issued one none. */
    Name: CertificateName.optional(),
    /** Hexadecimal. */
    Serial: text(2, 128),
    Subject: Shown,
    /** With their kind: `dns:www.example.com`. The first 200; DescribeCertificate shows all. */
    Names: list(Shown, 0, 200),
    NotBefore: timestamp(),
    NotAfter: timestamp(),
    /** SHA-256 of the SubjectPublicKeyInfo, hexadecimal. */
    KeyHash: text(64, 64),
    /** `RSA_2048`, `EC_prime256v1`, `Ed25519`. */
    KeyAlgorithm: text(0, 32),
    /** Of an issued one. */
    Template: text(1, 128).optional(),
    /** When it was issued, or came from elsewhere. */
    IssuedAt: timestamp(),
    /** ARN of who asked for it, or brought it. */
    RequestedBy: text(1, 2048),
  }),
  { title: 'ListedCertificate' },
);

export const NAME_MATCHES = ['EXACT', 'SUFFIX', 'HOST', 'LABEL'] as const;

export const ListCertificates = defineOperation({
  ...pca(),
  name: 'ListCertificates',
  doc: 'The certificates of the account, issued here or from elsewhere, or those that one authority has issued: the newest first; with dates of expiry alone the soonest first; with SUFFIX by name, backwards. A page may be short while NextToken says that more follows.',
  input: structure({
    /** Absent: all of the account; that is asked as `*`. */
    CertificateAuthorityArn: Arn.optional(),
    /** Host name, address, URI or common name. */
    Name: text(1, 2048).optional(),
    /**
     * EXACT (default): certificates with that name; `*.example.com` is a name like others. SUFFIX: with the domain or a
     * name below it. HOST: what is accepted for that host, by its name or by the wildcard beside it. LABEL: the name
     * that people gave to a certificate from elsewhere.
     */
    NameMatch: oneOf(NAME_MATCHES).optional(),
    KeyHash: text(64, 64, { pattern: /^[0-9a-f]{64}$/ }).optional(),
    /** As listed. What is not found by an index is looked for page by page. */
    KeyAlgorithm: text(1, 32).optional(),
    Source: Source.optional(),
    /** Absent: all but DELETED. */
    Status: CertificateStatus.optional(),
    /** Hexadecimal, with or without colons. */
    Serial: text(2, 128, { pattern: /^[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2})*$/ }).optional(),
    /** From this moment on. */
    ExpiresAfter: timestamp().optional(),
    /** Up to this moment, without it. */
    ExpiresBefore: timestamp().optional(),
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ Certificates: list(ListedCertificate, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidArgs', 'InvalidNextToken'),
  authz: {
    action: 'acm-pca:ListCertificates',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [
    {
      title: 'of an authority, below a domain',
      input: { CertificateAuthorityArn: AUTHORITY_EXAMPLE, Name: 'example.com', NameMatch: 'SUFFIX' },
    },
    { title: 'of the account, soon to expire', input: { ExpiresBefore: '2026-12-31T00:00:00Z' } },
  ],
});
