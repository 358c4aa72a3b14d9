/**
 * What iam answers to our own services only: derived signing keys, principals as policy evaluation needs them, and the
 * feed of changes that keeps every node's view at most a second old. No secret leaves here: a signing key opens one
 * date, region and service (SigV4), never the access key itself.
 */
import { z } from 'zod';
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { renewalOperation } from '../../../platform/contract/renewal.ts';
import {
  AccountId,
  annotate,
  dictionary,
  flag,
  integer,
  list,
  oneOf,
  secretBlob,
  secretText,
  structure,
  TagValue,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { AccessKeyId, Arn, CallerId, RoleName, SessionId, UniqueId, UserName } from './shapes.ts';

const VERSION = integer(0, Number.MAX_SAFE_INTEGER);

export const GetSigningKey = defineOperation({
  name: 'GetSigningKey',
  service: 'iam',
  doc: 'Derives the SigV4 signing key of an access key for one date, region and service.',
  input: structure({
    AccessKeyId,
    /** Scope date, `YYYYMMDD`. */
    Date: text(8, 8, { pattern: /^\d{8}$/ }),
    Region: text(1, 64),
    Service: text(1, 64),
    /** Required for temporary keys (`ASIA...`), refused for others. */
    SessionToken: secretText(1, 4096).optional(),
  }),
  output: structure({
    /** 32 bytes: the end of the SigV4 chain. */
    SigningKey: secretBlob(32, 32),
    AccountId,
    PrincipalId: CallerId,
    /** Unique id of the role or user whose policies count, where it is not the principal itself. */
    EntityId: UniqueId.optional(),
    Arn,
    Kind: oneOf(['user', 'root', 'role', 'federated']),
    UserName: UserName.optional(),
    Session: structure({
      Id: SessionId,
      IssuedAt: timestamp(),
      ExpiresAt: timestamp(),
      MfaAt: timestamp().optional(),
    }).optional(),
    /** Accounts in which something can end the credentials: the own one, and the one a session stems from. */
    Accounts: list(AccountId, 1, 2),
  }),
  errors: {
    UnknownAccessKey: {
      status: 401,
      doc: 'The key is unknown or inactive, its holder is gone, its session was ended, or the session token is missing, wrong or not wanted.',
    },
    ExpiredToken: { status: 401, doc: 'The session of the temporary key has ended.' },
  },
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [
    {
      title: 'long-term key',
      input: { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', Date: '20261122', Region: 'local-1', Service: 'kms' },
    },
  ],
});

const SnapshotPolicy = structure({
  /**
   * Managed: its ARN. Inline: `arn:P:iam::A:user-policy/USER/NAME` (`group-policy`, `role-policy`), of a session
   * `arn:P:sts::A:session-policy/SESSION`.
   */
  Arn,
  /** Managed: `v3`. Inline: the first 16 hex digits of SHA-256 of the document. */
  Version: text(1, 64),
  Name: text(1, 128),
  Kind: oneOf(['identity', 'boundary', 'session']),
  /** The one project it is granted in; absent: it holds everywhere. */
  EnterpriseProjectId: EnterpriseProjectId.optional(),
  Document: annotate(z.string(), { audit: 'drop' }),
});

export const PrincipalSnapshotShape = structure({
  Arn,
  AccountId,
  Kind: oneOf(['root', 'user', 'role']),
  PrincipalId: UniqueId,
  UserName: UserName.optional(),
  RoleName: RoleName.optional(),
  /** Project it is in as a resource; absent for the root user. */
  EnterpriseProjectId: EnterpriseProjectId.optional(),
  Tags: dictionary(z.string(), TagValue),
  Policies: list(SnapshotPolicy, 0, 10_000),
  /** Access keys in force: credentials that stem from any other key are void. */
  ActiveAccessKeyIds: list(AccessKeyId, 0, 100),
  Version: VERSION,
});

export const GetPrincipalSnapshot = defineOperation({
  name: 'GetPrincipalSnapshot',
  service: 'iam',
  doc: 'Everything policy evaluation needs about a principal, read at one moment. Absent: there is no such principal.',
  input: structure({ PrincipalId: UniqueId }),
  output: structure({ Principal: PrincipalSnapshotShape.optional() }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'a user', input: { PrincipalId: 'AIDACKCEVSQ6C2EXAMPLE' } }],
});

export const SessionSnapshotShape = structure({
  SessionId,
  EntityId: UniqueId,
  AccountId,
  Accounts: list(AccountId, 1, 2),
  Name: text(2, 64).optional(),
  SourceIdentity: text(2, 64).optional(),
  MfaAt: timestamp().optional(),
  Tags: dictionary(z.string(), TagValue),
  TransitiveTagKeys: list(text(1, 128), 0, 50),
  Policies: list(SnapshotPolicy, 0, 11).optional(),
});

export const GetSessionSnapshot = defineOperation({
  name: 'GetSessionSnapshot',
  service: 'iam',
  doc: 'What a session adds to its user or role. Absent: the session was ended, or never was.',
  input: structure({ SessionId }),
  output: structure({ Session: SessionSnapshotShape.optional() }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'of a role', input: { SessionId: 'ASIACKCEVSQ6C2EXAMPLE' } }],
});

export const GetAuthorizationChanges = defineOperation({
  name: 'GetAuthorizationChanges',
  service: 'iam',
  doc: 'Accounts whose authorization data changed after a version; waits for the first change when there is none.',
  input: structure({ Since: VERSION, WaitMilliseconds: integer(0, 1000) }),
  output: structure({
    Version: VERSION,
    /** `*`: every account, because the caller starts from nothing or is too far behind. */
    Accounts: list(text(1, 12), 0, 10_000),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'follow', input: { Since: 41, WaitMilliseconds: 500 } }],
});

export const ResolvePrincipals = defineOperation({
  name: 'ResolvePrincipals',
  service: 'iam',
  doc: 'Unique ids behind principal ARNs (or account ids). Only those that exist are answered.',
  input: structure({ Arns: list(text(12, 2048), 0, 200) }),
  output: structure({
    /** The root user of an account has the account id as its principal id. */
    Principals: list(structure({ Arn: text(12, 2048), PrincipalId: UniqueId }), 0, 200),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'one user', input: { Arns: ['arn:aws:iam::123456789012:user/alice'] } }],
});

export const FindEnterpriseProject = defineOperation({
  name: 'FindEnterpriseProject',
  service: 'iam',
  doc: 'Whether an enterprise project of an account takes resources. Absent: the account has no such project.',
  input: structure({ AccountId, EnterpriseProjectId }),
  output: structure({ Project: structure({ Name: text(1, 255), Enabled: flag() }).optional() }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'the default one', input: { AccountId: '123456789012', EnterpriseProjectId: '0' } }],
});

export const ListAccountPrincipals = defineOperation({
  name: 'ListAccountPrincipals',
  service: 'iam',
  doc: 'Unique ids of the root user, the users and the roles of an account, in their order, after one of them.',
  input: structure({ AccountId, After: UniqueId.optional(), Limit: integer(1, 1001) }),
  output: structure({ PrincipalIds: list(UniqueId, 0, 1001) }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'the first hundred', input: { AccountId: '123456789012', Limit: 100 } }],
});

export const GetSessionKeys = defineOperation({
  name: 'GetSessionKeys',
  service: 'iam',
  doc: 'Public keys that verify session tokens, as a JSON Web Key Set (RFC 7517).',
  input: structure({}),
  output: structure({
    /** JSON text: `{"keys":[...]}`. */
    Jwks: text(2, 65_536),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'key set', input: {} }],
});

const use = { At: timestamp(), Service: text(1, 64), Region: text(1, 64) };

export const NoteUses = defineOperation({
  name: 'NoteUses',
  service: 'iam',
  doc: 'Tells when, where and for what access keys and roles were last used. Coalesced by the caller.',
  input: structure({
    AccessKeys: list(structure({ AccessKeyId, ...use }), 0, 1000),
    Roles: list(structure({ RoleId: UniqueId, ...use }), 0, 1000),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [
    {
      title: 'one use',
      input: {
        AccessKeys: [
          { AccessKeyId: 'AKIAIOSFODNN7EXAMPLE', At: '2026-11-22T10:00:00Z', Service: 'kms', Region: 'local-1' },
        ],
        Roles: [],
      },
    },
  ],
});

const ACCOUNT_NAME = text(1, 128);

export const DescribeAccounts = defineOperation({
  name: 'DescribeAccounts',
  service: 'iam',
  doc: 'Accounts by id or e-mail address, as iam knows them. Only those that exist are answered.',
  input: structure({ AccountIds: list(AccountId, 0, 100), Emails: list(text(1, 64), 0, 100) }),
  output: structure({
    /** Of the installation; absent before the first run is over. */
    ManagementAccountId: AccountId.optional(),
    Accounts: list(structure({ AccountId, Name: ACCOUNT_NAME, Email: text(1, 64).optional() }), 0, 200),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [{ title: 'by id', input: { AccountIds: ['123456789012'], Emails: [] } }],
});

export const ProvisionAccount = defineOperation({
  name: 'ProvisionAccount',
  service: 'iam',
  doc: 'Makes principals possible in a new account of the organization. Doing it again changes nothing.',
  input: structure({
    AccountId,
    AccountName: ACCOUNT_NAME,
    /** Of the role by which the management account reaches the new one; default OrganizationAccountAccessRole. */
    RoleName: text(1, 64).optional(),
    ManagementAccountId: AccountId,
  }),
  output: structure({}),
  errors: { LimitExceeded: { status: 409, doc: 'The installation has as many accounts as it may.' } },
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
  examples: [
    {
      title: 'a member',
      input: { AccountId: '210987654321', AccountName: 'payments', ManagementAccountId: '123456789012' },
    },
  ],
});

export const DescribeRenewal = renewalOperation('iam');
