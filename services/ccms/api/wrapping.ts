/** Wrapped values: a value handed over once, by a token that shows whether somebody else was faster. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  integer,
  list,
  oneOf,
  secretText,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { vault } from './service.ts';
import { GrantedFields, MaxResults, NextToken, named, SecretId, SecretValue, Stage, VersionId } from './shapes.ts';

export const WRAPPING_STATES = ['Open', 'Unwrapped', 'Expired', 'Revoked'] as const;
export const MISUSES = ['already-unwrapped', 'not-the-recipient'] as const;
export type Misuse = (typeof MISUSES)[number];
export const DEFAULT_TTL_SECONDS = 300;

const exampleWrapping = '9b1d6c2e-4f7a-4b3d-8e5c-1a2b3c4d5e6f';
const Principal = text(1, 256, { pattern: /^[\w+=,.@:/-]+$/ });
const WrappingId = text(36, 36, { pattern: /^[0-9a-f-]{36}$/ });
const WrappingToken = secretText(1, 256);

const wrapping = {
  WrappingId,
  SecretARN: ArnText,
  VersionId,
  /** Who may unwrap: a user, a role, or everybody of an account. */
  Recipient: Principal,
  Status: oneOf(WRAPPING_STATES),
  CreatedDate: timestamp(),
  CreatedBy: text(1, 2048),
  ExpiresAt: timestamp(),
  UnwrappedDate: timestamp().optional(),
  UnwrappedBy: text(1, 2048).optional(),
  UnwrappedFrom: text(1, 64).optional(),
  RevokedDate: timestamp().optional(),
};
const Misuses = {
  /** Attempts by whoever came second or is not the recipient: somebody else has, or had, the token. */
  MisuseCount: integer(0, 2 ** 31 - 1),
  /** The newest twenty. */
  Misuses: list(
    annotate(structure({ At: timestamp(), By: text(1, 2048), From: text(1, 64), Reason: oneOf(MISUSES) }), {
      title: 'WrappingMisuse',
    }),
    0,
    20,
  ),
};
const Wrapping = annotate(structure({ ...wrapping, ...Misuses }), { title: 'Wrapping' });

const onSecret = (name: string, ...alsoChecks: string[]) => ({
  action: `secretsmanager:${name}`,
  ...(alsoChecks.length > 0 && { alsoChecks }),
  resource: 'secretsmanager:secret',
  conditions: SECRET_CONDITIONS,
});
/** The token is the permission; what denies still denies. */
const byToken = (name: string) => ({ action: `secretsmanager:${name}`, resource: '*' });
const byId = { SecretId: 'shop/db', WrappingId: exampleWrapping };

export const WrapSecretValue = defineOperation({
  ...vault('data'),
  name: 'WrapSecretValue',
  doc: 'Makes a token with which the recipient reads a value once, within 1 to 15 minutes (5 unless said). The caller must be able to read the value, and to use its key. The token is answered once and not kept.',
  input: structure({
    SecretId,
    VersionId: VersionId.optional(),
    VersionStage: Stage.optional(),
    TtlSeconds: integer(60, 900).optional(),
    /** Default: everybody of the account of the secret. */
    Recipient: Principal.optional(),
  }),
  output: structure({ WrappingToken, Wrapping }),
  errors: changeErrors('DecryptionFailure', 'LimitExceeded'),
  authz: onSecret('WrapSecretValue', 'secretsmanager:GetSecretValue'),
  effect: 'write',
  examples: [{ title: 'for ten minutes', input: { SecretId: 'shop/db', TtlSeconds: 600 } }],
});

export const UnwrapSecretValue = defineOperation({
  ...vault('data'),
  name: 'UnwrapSecretValue',
  doc: 'Answers a wrapped value, once. Needs no permission but the token and to be its recipient. WrappingUsed says that somebody was faster: the token was intercepted, and the account of the secret is told.',
  input: structure({ WrappingToken }),
  output: structure({
    ...named,
    VersionId,
    SecretBinary: SecretValue.SecretBinary,
    SecretString: SecretValue.SecretString,
    GrantedFields: GrantedFields.optional(),
    CreatedDate: timestamp(),
  }),
  errors: errors(
    'InvalidRequest',
    'Conflict',
    'DecryptionFailure',
    'InvalidWrappingToken',
    'WrappingUsed',
    'WrappingEnded',
  ),
  authz: byToken('UnwrapSecretValue'),
  effect: 'write',
  examples: [{ title: 'by token', input: { WrappingToken: 'the-token' } }],
});

export const LookUpWrapping = defineOperation({
  ...vault('management'),
  name: 'LookUpWrapping',
  doc: 'What a token is for and whether it was used, without using it. Needs no permission but the token and to be its recipient.',
  input: structure({ WrappingToken }),
  output: structure({ Wrapping: annotate(structure(wrapping), { title: 'WrappingSummary' }) }),
  errors: errors('InvalidWrappingToken'),
  authz: byToken('LookUpWrapping'),
  effect: 'read',
  examples: [{ title: 'by token', input: { WrappingToken: 'the-token' } }],
});

export const DescribeWrapping = defineOperation({
  ...vault('management'),
  name: 'DescribeWrapping',
  doc: 'Who unwrapped a value, when and from where, and who else tried. Kept for 90 days.',
  input: structure({ SecretId, WrappingId }),
  output: structure({ Wrapping }),
  errors: readErrors(),
  authz: onSecret('DescribeWrapping'),
  effect: 'read',
  examples: [{ title: 'by id', input: byId }],
});

export const ListWrappings = defineOperation({
  ...vault('management'),
  name: 'ListWrappings',
  doc: 'The wrapped values of a secret, by id. Kept for 90 days.',
  input: structure({ SecretId, MaxResults: MaxResults.optional(), NextToken: NextToken.optional() }),
  output: structure({ ...named, Wrappings: list(Wrapping, 0, 100), NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken'),
  authz: onSecret('ListWrappings'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const RevokeWrapping = defineOperation({
  ...vault('management'),
  name: 'RevokeWrapping',
  doc: 'Destroys a wrapped value that was not read yet.',
  input: structure({ SecretId, WrappingId }),
  output: structure({ Wrapping }),
  errors: changeErrors(),
  authz: onSecret('RevokeWrapping'),
  effect: 'write',
  examples: [{ title: 'by id', input: byId }],
});

/**
 * The security event of a token in wrong hands, in the records of the account of the secret. Not an operation anybody
 * can call: it gives the record its name and shape.
 */
export const WrappingInterceptionSuspected = defineOperation({
  ...vault('management'),
  name: 'WrappingInterceptionSuspected',
  doc: 'A wrapping token was presented after it was used, or by somebody who is not its recipient.',
  input: structure({
    SecretId: ArnText,
    WrappingId,
    Reason: oneOf(MISUSES),
    TriedBy: text(1, 2048),
    TriedFrom: text(1, 64),
    UnwrappedBy: text(1, 2048).optional(),
    UnwrappedFrom: text(1, 64).optional(),
    UnwrappedDate: timestamp().optional(),
  }),
  authz: 'internal',
  effect: 'write',
  examples: [],
});
