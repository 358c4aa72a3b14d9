/** Grants: reading one secret, given to one principal and taken back one by one. They allow, and never deny. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, annotate, flag, list, oneOf, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { vault } from './service.ts';
import { GrantedFields, MaxCacheSeconds, MaxResults, NextToken, named, PlainText, SecretId, Stages } from './shapes.ts';

export const GRANT_ACTIONS = ['GetSecretValue', 'DescribeSecret'] as const;
export type GrantAction = (typeof GRANT_ACTIONS)[number];
export const GRANT_STATES = ['Pending', 'Active', 'Expired', 'Revoked'] as const;

const exampleGrant = '5c8f5d9e-3a1b-4c62-9f0e-2d7b6a1c4e83';
const Principal = text(1, 256, { pattern: /^[\w+=,.@:/-]+$/ });
const GrantId = text(36, 36, { pattern: /^[0-9a-f-]{36}$/ });

const terms = {
  GranteePrincipal: Principal,
  Actions: list(oneOf(GRANT_ACTIONS), 1, GRANT_ACTIONS.length),
  VersionStages: Stages,
  /** Keys of the JSON object that the value is: nothing else of it is answered. */
  Fields: GrantedFields.optional(),
  NotBefore: timestamp().optional(),
  ExpiresAt: timestamp().optional(),
  /** Addresses and ranges that requests must come from. */
  SourceAddresses: list(text(2, 64), 1, 20).optional(),
  Purpose: text(1, 1000, { pattern: PlainText }).optional(),
  /** How long clients are told to keep the value. */
  MaxCacheSeconds: MaxCacheSeconds.optional(),
  /** Who agreed, as the maker of the grant says it. */
  ApprovedBy: list(text(1, 256, { pattern: PlainText }), 1, 10).optional(),
};

export const SecretGrant = annotate(
  structure({
    GrantId,
    SecretARN: ArnText,
    ...terms,
    Status: oneOf(GRANT_STATES),
    CreatedDate: timestamp(),
    CreatedBy: text(1, 2048),
    RevokedDate: timestamp().optional(),
    RevokedBy: text(1, 2048).optional(),
    /** The key that kms lets the grantee use for this secret, and the grant there. */
    KeyArn: ArnText.optional(),
    KeyGrantId: text(1, 128).optional(),
  }),
  { title: 'SecretGrant' },
);

const onSecret = (name: string) => ({
  action: `secretsmanager:${name}`,
  resource: 'secretsmanager:secret',
  conditions: SECRET_CONDITIONS,
});
const byGrant = { SecretId: 'shop/db', GrantId: exampleGrant };

export const CreateSecretGrant = defineOperation({
  ...vault('management'),
  name: 'CreateSecretGrant',
  doc: 'Lets one user, role or account read a secret, within stages, fields, times and addresses. Where the secret has a key of its own, kms is asked for a grant of that key, for which the caller needs kms:CreateGrant.',
  input: structure({
    SecretId,
    ...terms,
    /** Default: GetSecretValue and DescribeSecret. */
    Actions: terms.Actions.optional(),
    /** Default: AWSCURRENT. */
    VersionStages: Stages.optional(),
    /** grant: asks kms for a grant of the key (default); none: the grantee may use the key already. */
    KeyAccess: oneOf(['grant', 'none']).optional(),
  }),
  output: structure({ Grant: SecretGrant }),
  errors: changeErrors('LimitExceeded', 'EncryptionFailure', 'DecryptionFailure'),
  authz: onSecret('CreateSecretGrant'),
  effect: 'write',
  examples: [
    {
      title: 'one field, for a consumer',
      input: {
        SecretId: 'shop/db',
        GranteePrincipal: 'arn:aws:iam::111122223333:user/alice',
        Fields: ['password'],
        ExpiresAt: '2040-01-01T00:00:00.000Z',
        Purpose: 'the orders service',
      },
    },
  ],
});

export const DescribeSecretGrant = defineOperation({
  ...vault('management'),
  name: 'DescribeSecretGrant',
  doc: 'One grant of a secret. Those that ended are kept for 90 days.',
  input: structure({ SecretId, GrantId }),
  output: structure({ Grant: SecretGrant }),
  errors: readErrors(),
  authz: onSecret('DescribeSecretGrant'),
  effect: 'read',
  examples: [{ title: 'by id', input: byGrant }],
});

export const ListSecretGrants = defineOperation({
  ...vault('management'),
  name: 'ListSecretGrants',
  doc: 'The grants of a secret, by id. Those that ended are kept for 90 days.',
  input: structure({
    SecretId,
    GranteePrincipal: Principal.optional(),
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ ...named, Grants: list(SecretGrant, 0, 100), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onSecret('ListSecretGrants'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const ListReceivedSecretGrants = defineOperation({
  ...vault('management'),
  name: 'ListReceivedSecretGrants',
  doc: 'The grants that name the caller, its role or its account, of secrets of any account, by id.',
  input: structure({ MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({ Grants: list(SecretGrant, 0, 100), NextToken: NextToken.optional() }),
  errors: errors('InvalidNextToken'),
  authz: { action: 'secretsmanager:ListReceivedSecretGrants', resource: '*' },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'all', input: {} }],
});

export const RevokeSecretGrant = defineOperation({
  ...vault('management'),
  name: 'RevokeSecretGrant',
  doc: 'Ends a grant at once. The grant of the key is retired too where the caller may; KeyGrantEnded says whether.',
  input: structure({ SecretId, GrantId }),
  output: structure({
    Grant: SecretGrant,
    /** Absent: the grant had none. False: the caller may not retire it; without this grant it opens nothing. */
    KeyGrantEnded: flag().optional(),
  }),
  errors: changeErrors(),
  authz: onSecret('RevokeSecretGrant'),
  effect: 'write',
  examples: [{ title: 'by id', input: byGrant }],
});
