/** Who am I, and temporary credentials. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  annotate,
  integer,
  list,
  oneOf,
  secretText,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { malformedPolicy, notFound } from './errors.ts';
import { ROLE_SESSION_SECONDS } from './roles.ts';
import { AccessKeyId, Arn, CallerId, Document, IamArn, SerialNumber, stsQuery, TagKeys, Tags } from './shapes.ts';

const shared = { service: 'iam', area: 'sts', audit: { class: 'management' } } as const;

/** Seconds; the bounds of the AWS model, its default for users, and the most a root user gets. */
export const SESSION_SECONDS = { min: 900, max: 129_600, default: 43_200, root: 3_600 } as const;

export const GetCallerIdentity = defineOperation({
  ...shared,
  name: 'GetCallerIdentity',
  doc: 'Names the caller. Needs no permission.',
  input: structure({}),
  output: structure({ UserId: CallerId, Account: AccountId, Arn }),
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

const NAME = /^[A-Za-z0-9_+=,.@-]+$/;
/** A one-time password is a secret until it is used, and of no use afterwards: records do without it. */
const TokenCode = secretText(6, 6);
export const secondFactor = { SerialNumber: SerialNumber.optional(), TokenCode: TokenCode.optional() };

const sessionPolicy = {
  /** Session policy: the session may do only what it also allows. */
  Policy: Document.optional(),
  PolicyArns: list(structure({ arn: IamArn }), 0, 10).optional(),
};
/** Percent of the permitted size that session policies and tags take up. */
const PackedPolicySize = integer(0, 100);

const packedPolicyTooLarge = {
  PackedPolicyTooLarge: {
    status: 400,
    aws: 'PackedPolicyTooLarge',
    doc: 'Session policies and tags are larger than permitted; the message says by how much.',
  },
} as const;

export const AssumeRole = defineOperation({
  ...shared,
  name: 'AssumeRole',
  doc: 'Temporary credentials of a role, for whoever its trust policy lets in. They end with the access key it all began with.',
  input: structure({
    RoleArn: IamArn,
    RoleSessionName: text(2, 64, { pattern: NAME }),
    ...sessionPolicy,
    DurationSeconds: integer(ROLE_SESSION_SECONDS.min, ROLE_SESSION_SECONDS.max).optional(),
    Tags: Tags.optional(),
    TransitiveTagKeys: TagKeys.optional(),
    ExternalId: text(2, 1224, { pattern: /^[A-Za-z0-9_+=,.@:/-]+$/ }).optional(),
    ...secondFactor,
    SourceIdentity: text(2, 64, { pattern: NAME }).optional(),
  }),
  output: structure({
    Credentials,
    AssumedRoleUser: structure({ AssumedRoleId: CallerId, Arn }),
    PackedPolicySize: PackedPolicySize.optional(),
    SourceIdentity: text(2, 64).optional(),
  }),
  errors: { ...malformedPolicy, ...packedPolicyTooLarge },
  authz: {
    action: 'sts:AssumeRole',
    alsoChecks: ['sts:TagSession', 'sts:SetSourceIdentity'],
    resource: 'iam:role',
    beyondProject: true,
    conditions: [
      'sts:ExternalId',
      'sts:RoleSessionName',
      'sts:SourceIdentity',
      'sts:TransitiveTagKeys',
      'aws:RequestTag/*',
      'aws:TagKeys',
      'iam:ResourceTag/*',
    ],
  },
  effect: 'use',
  aws: { ...stsQuery, unsupported: ['ProvidedContexts'] },
  examples: [
    {
      title: 'an hour as auditor',
      input: { RoleArn: 'arn:aws:iam::123456789012:role/auditor', RoleSessionName: 'alice' },
    },
  ],
});

export const GetFederationToken = defineOperation({
  ...shared,
  name: 'GetFederationToken',
  doc: 'Temporary credentials for somebody whom the calling user vouches for: what the user may and the session policy allows.',
  input: structure({
    Name: text(2, 32, { pattern: NAME }),
    ...sessionPolicy,
    DurationSeconds: integer(SESSION_SECONDS.min, SESSION_SECONDS.max).optional(),
    Tags: Tags.optional(),
  }),
  output: structure({
    Credentials,
    FederatedUser: structure({ FederatedUserId: CallerId, Arn }),
    PackedPolicySize: PackedPolicySize.optional(),
  }),
  errors: { ...malformedPolicy, ...packedPolicyTooLarge },
  authz: {
    action: 'sts:GetFederationToken',
    alsoChecks: ['sts:TagSession'],
    resource: 'sts:federated-user',
    conditions: ['aws:RequestTag/*', 'aws:TagKeys'],
  },
  effect: 'use',
  aws: stsQuery,
  examples: [{ title: 'for bob', input: { Name: 'bob' } }],
});

export const GetSessionToken = defineOperation({
  ...shared,
  name: 'GetSessionToken',
  doc: 'Temporary credentials of the caller, with a code of its MFA device if given. They end with the access key that asked for them.',
  input: structure({
    DurationSeconds: integer(SESSION_SECONDS.min, SESSION_SECONDS.max).optional(),
    ...secondFactor,
  }),
  output: structure({ Credentials }),
  authz: 'authenticated',
  effect: 'use',
  aws: stsQuery,
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
  input: structure({
    DurationSeconds: integer(SESSION_SECONDS.min, SESSION_SECONDS.max).optional(),
    ...secondFactor,
  }),
  output: structure({ Token: secretText(1, 8192), ExpiresAt: timestamp(), TokenType: oneOf(['Bearer']) }),
  authz: 'authenticated',
  effect: 'use',
  examples: [{ title: 'an hour', input: { DurationSeconds: 3600 } }],
});
