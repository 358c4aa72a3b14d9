/** Lists of revoked certificates: looked at by people, fetched by the PKI listener, made and recorded by timed work. */
import { defineOperation } from '../../../../platform/contract/operation.ts';
import { annotate, blob, integer, list, structure, text, timestamp } from '../../../../platform/contract/shape.ts';
import { AUTHORITY_EXAMPLE } from '../authorities.ts';
import { AUTHORITY_CONDITIONS } from '../conditions.ts';
import { readErrors } from '../errors.ts';
import { pca } from '../service.ts';
import { Arn, MaxResults, NextToken } from '../shapes.ts';

const Shard = integer(0, 100_000);
const ListNumber = integer(1, Number.MAX_SAFE_INTEGER);
const Sha256 = text(64, 64, { pattern: /^[0-9a-f]{64}$/ });
const example = { CertificateAuthorityArn: AUTHORITY_EXAMPLE };

const RevocationList = annotate(
  structure({
    /** 0: certificates of authorities; of a complete list 1. */
    Shard,
    Uri: text(1, 2048),
    /** Absent with all that follows: it was not made yet. */
    Number: ListNumber.optional(),
    ThisUpdate: timestamp().optional(),
    NextUpdate: timestamp().optional(),
    Entries: integer(0, 100_000_000).optional(),
    Sha256: Sha256.optional(),
    /** When the next one is made; absent: none is. */
    DueAt: timestamp().optional(),
    /** The store it is written to, and the number that was seen there. */
    Store: text(1, 255).optional(),
    StoredNumber: ListNumber.optional(),
    /** Why it could not be made or stored the last time. */
    Problem: text(1, 1024).optional(),
  }),
  { title: 'RevocationList' },
);

export const ListRevocationLists = defineOperation({
  ...pca(),
  name: 'ListRevocationLists',
  doc: 'The lists of revoked certificates of an authority: where each is, its number and dates, and whether it was published.',
  input: structure({
    CertificateAuthorityArn: Arn,
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ RevocationLists: list(RevocationList, 0, 1000), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: {
    action: 'acm-pca:ListRevocationLists',
    resource: 'acm-pca:certificate-authority',
    conditions: AUTHORITY_CONDITIONS,
  },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'all', input: example }],
});

/** Never asked for: the record of a list that was signed. */
export const PublishRevocationList = defineOperation({
  ...pca(),
  name: 'PublishRevocationList',
  doc: 'Signs and stores a list of revoked certificates.',
  input: structure({
    CertificateAuthorityArn: Arn,
    Shard,
    Number: ListNumber,
    ThisUpdate: timestamp(),
    NextUpdate: timestamp(),
    Entries: integer(0, 100_000_000),
    Sha256,
  }),
  authz: 'internal',
  effect: 'write',
});

const File = text(1, 1024);

export const GetRevocationListFile = defineOperation({
  ...pca(),
  name: 'GetRevocationListFile',
  doc: 'A list as it is published, by the path it is published under.',
  input: structure({
    /** Of the URI, without the slash it begins with. */
    Path: File,
    /** The number that the listener has: when it is the present one, the list itself is left out. */
    Known: ListNumber.optional(),
  }),
  output: structure({
    /** Absent with all that follows: there is no such list. */
    Number: ListNumber.optional(),
    ThisUpdate: timestamp().optional(),
    NextUpdate: timestamp().optional(),
    Sha256: Sha256.optional(),
    List: blob(1 << 27).optional(),
  }),
  authz: 'internal',
  effect: 'read',
});

export const GetAuthorityFile = defineOperation({
  ...pca(),
  name: 'GetAuthorityFile',
  doc: 'The certificate of an authority, DER, as certificates below it point to.',
  input: structure({ AuthorityId: text(36, 36) }),
  output: structure({ Certificate: blob(65_536).optional(), NotBefore: timestamp().optional() }),
  authz: 'internal',
  effect: 'read',
});
