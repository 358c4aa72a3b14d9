/** Who am I, and temporary credentials. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  annotate,
  integer,
  oneOf,
  secretText,
  structure,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { notFound } from './errors.ts';
import { AccessKeyId, Arn, stsQuery, UniqueId } from './shapes.ts';

const shared = { service: 'iam', area: 'sts', audit: { class: 'management' } } as const;

/** Seconds; the bounds of the AWS model, and its default for users. */
export const SESSION_SECONDS = { min: 900, max: 129_600, default: 43_200 } as const;

export const GetCallerIdentity = defineOperation({
  ...shared,
  name: 'GetCallerIdentity',
  doc: 'Names the caller. Needs no permission.',
  input: structure({}),
  output: structure({ UserId: UniqueId, Account: AccountId, Arn }),
  authz: 'authenticated',
  effect: 'read',
  aws: stsQuery,
  examples: [{ title: 'who am I', input: {} }],
});

export const Credentials = annotate(
  structure({
    AccessKeyId,
    SecretAccessKey: secretText(40, 40),
    SessionToken: secretText(1, 4096),
    Expiration: timestamp(),
  }),
  { title: 'Credentials' },
);

export const GetSessionToken = defineOperation({
  ...shared,
  name: 'GetSessionToken',
  doc: 'Temporary credentials of the caller. They end with the access key that asked for them.',
  input: structure({ DurationSeconds: integer(SESSION_SECONDS.min, SESSION_SECONDS.max).optional() }),
  output: structure({ Credentials }),
  authz: 'authenticated',
  effect: 'use',
  aws: { ...stsQuery, unsupported: ['SerialNumber', 'TokenCode'] },
  examples: [{ title: 'an hour', input: { DurationSeconds: 3600 } }],
});

export const GetAccessKeyInfo = defineOperation({
  ...shared,
  name: 'GetAccessKeyInfo',
  doc: "The account of an access key, when it is the caller's account.",
  input: structure({ AccessKeyId }),
  output: structure({ Account: AccountId }),
  errors: notFound,
  authz: { action: 'sts:GetAccessKeyInfo', resource: '*' },
  effect: 'read',
  aws: stsQuery,
  examples: [{ title: 'whose key', input: { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' } }],
});

export const CreateSession = defineOperation({
  ...shared,
  name: 'CreateSession',
  doc: 'A bearer token of the caller for the native API. It ends with the access key that asked for it.',
  input: structure({ DurationSeconds: integer(SESSION_SECONDS.min, SESSION_SECONDS.max).optional() }),
  output: structure({ Token: secretText(1, 8192), ExpiresAt: timestamp(), TokenType: oneOf(['Bearer']) }),
  authz: 'authenticated',
  effect: 'use',
  examples: [{ title: 'an hour', input: { DurationSeconds: 3600 } }],
});
