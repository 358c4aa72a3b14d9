/** Leases: users at a database that live as long as somebody needs them, and no longer. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  secretText,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { ROLE_CONDITIONS } from './conditions.ts';
import { RoleId, TtlSeconds } from './credential-roles.ts';
import { changeErrors, errors, readErrors } from './errors.ts';
import { vault } from './service.ts';
import { MaxResults, NextToken } from './shapes.ts';
import { TargetName } from './targets.ts';

const LeaseId = text(36, 36, { pattern: /^[0-9a-f-]+$/ });
const LEASE_STATES = ['ISSUING', 'ACTIVE', 'REVOKING', 'STUCK', 'REVOKED', 'ABORTED'] as const;
const ENDED_BY = ['expired', 'requested', 'parent-ended', 'grant-removed', 'break-glass', 'not-issued'] as const;
const Username = text(1, 63);
/** ARN or unique id of a user or role, or of one session of a role. */
const PrincipalName = text(1, 2048, { pattern: /^[^\p{Control}\p{Surrogate}]+$/u });
const EXAMPLE_ID = '01937c5e-7d4a-7b8e-9f00-5a6b7c8d9e0f';
const LEASES_AT_ONCE = 500;

const Lease = annotate(
  structure({
    LeaseId,
    Role: ArnText,
    Target: text(1, 2048),
    Username,
    State: oneOf(LEASE_STATES),
    PrincipalArn: text(1, 2048),
    PrincipalId: text(1, 256),
    RequestId: text(1, 128),
    CreatedDate: timestamp(),
    ExpiresAt: timestamp(),
    /** Renewing does not go beyond it. */
    MaxExpiresAt: timestamp(),
    EndedBy: oneOf(ENDED_BY).optional(),
    EndedDate: timestamp().optional(),
    /** Attempts at ending the user that failed in a row. */
    FailedAttempts: integer(0, 2 ** 31 - 1),
    NextAttemptAt: timestamp().optional(),
    /** Why the last attempt failed, and what to do. */
    Failure: text(1, 64).optional(),
    FailureHint: text(1, 512).optional(),
    /** It was given up here; nobody knows about the user. */
    Forgotten: flag().optional(),
  }),
  { title: 'Lease' },
);

const onRole = <N extends string>(name: N, ...also: string[]) => ({
  action: `secretsmanager:${name}`,
  ...(also.length > 0 && { alsoChecks: also }),
  resource: 'secretsmanager:credential-role',
  conditions: ROLE_CONDITIONS,
});
const ttlConditions = [...ROLE_CONDITIONS, 'secretsmanager:LeaseTtlSeconds'] as const;
/** What is needed besides when the lease is somebody else's. */
const MANAGE = 'secretsmanager:ManageLeases';

export const IssueCredential = defineOperation({
  ...vault('data'),
  name: 'IssueCredential',
  doc: 'Makes a user at the target of a credential role and answers its password, which is not kept: a lost one cannot be had again, so ask for another user. The lease ends no later than the session of the caller.',
  input: structure({ Role: RoleId, TtlSeconds: TtlSeconds.optional() }),
  output: structure({
    LeaseId,
    Username,
    Password: secretText(1, 512),
    Host: text(1, 1024),
    Port: integer(0, 65_535),
    Database: text(1, 64).optional(),
    /** Whether the target is reached over TLS. */
    Tls: flag(),
    ExpiresAt: timestamp(),
    Renewable: flag(),
    MaxExpiresAt: timestamp(),
  }),
  errors: changeErrors('LimitExceeded', 'TargetFailed'),
  authz: { ...onRole('IssueCredential'), conditions: ttlConditions },
  effect: 'write',
  examples: [{ title: 'for a quarter of an hour', input: { Role: 'shop-reader', TtlSeconds: 900 } }],
});

export const RenewLease = defineOperation({
  ...vault('data'),
  name: 'RenewLease',
  doc: 'Lets a user live longer: so long from now, but not beyond the longest life of its role. Only for the principal it was made for.',
  input: structure({ LeaseId, TtlSeconds: TtlSeconds.optional() }),
  output: structure({ LeaseId, ExpiresAt: timestamp(), Renewable: flag(), MaxExpiresAt: timestamp() }),
  errors: changeErrors('TargetFailed'),
  authz: { ...onRole('RenewLease'), conditions: ttlConditions },
  effect: 'write',
  examples: [{ title: 'for an hour', input: { LeaseId: EXAMPLE_ID, TtlSeconds: 3600 } }],
});

export const RevokeLease = defineOperation({
  ...vault('management'),
  name: 'RevokeLease',
  doc: 'Ends a user with its sessions, within moments: DescribeLease tells. Leases of others also need secretsmanager:ManageLeases.',
  input: structure({ LeaseId }),
  output: structure({ Lease }),
  errors: changeErrors(),
  authz: onRole('RevokeLease', MANAGE),
  effect: 'write',
  examples: [{ title: 'a lease', input: { LeaseId: EXAMPLE_ID } }],
});

export const DescribeLease = defineOperation({
  ...vault('management'),
  name: 'DescribeLease',
  doc: 'Describes a lease, never its password. Leases of others also need secretsmanager:ManageLeases.',
  input: structure({ LeaseId }),
  output: structure({ Lease }),
  errors: readErrors(),
  authz: onRole('DescribeLease', MANAGE),
  effect: 'read',
  examples: [{ title: 'a lease', input: { LeaseId: EXAMPLE_ID } }],
});

export const ListLeases = defineOperation({
  ...vault('management'),
  name: 'ListLeases',
  doc: 'Lists leases of the account, newest first: of a role, a target, a principal, or in a state. Those that ended are kept for a month. STUCK are users that could not be ended in six attempts; they are tried every hour.',
  input: structure({
    Role: RoleId.optional(),
    Target: TargetName.optional(),
    Principal: PrincipalName.optional(),
    State: oneOf(LEASE_STATES).optional(),
    MaxResults: MaxResults.optional(),
    NextToken: NextToken.optional(),
  }),
  output: structure({ Leases: list(Lease, 0, 100), NextToken: NextToken.optional() }),
  errors: errors('NotFound', 'InvalidNextToken'),
  authz: { action: 'secretsmanager:ListLeases', resource: '*' },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 100 },
  examples: [
    { title: 'of the account', input: {} },
    { title: 'that need somebody', input: { State: 'STUCK' } },
  ],
});

const many = { Role: RoleId.optional(), Target: TargetName.optional(), Principal: PrincipalName.optional() };
/** How far it is: what this request set about ending, and what is left for the next one. */
const Count = integer(0, 2 ** 31 - 1);

export const PreviewRevokeLeases = defineOperation({
  ...vault('management'),
  name: 'PreviewRevokeLeases',
  doc: 'What RevokeLeases would end: leases with a user by role, and how many of them are on their way out already. Changes nothing.',
  input: structure(many),
  output: structure({
    Leases: Count,
    Ending: Count,
    Roles: list(annotate(structure({ Role: ArnText, Leases: Count }), { title: 'LeasesOfRole' }), 0, 1000),
  }),
  errors: readErrors(),
  authz: onRole('PreviewRevokeLeases'),
  effect: 'read',
  examples: [{ title: 'of a role', input: { Role: 'shop-reader' } }],
});

export const RevokeLeases = defineOperation({
  ...vault('management'),
  name: 'RevokeLeases',
  doc: 'Ends all users of a role, at a target, or of a principal: exactly one of them. Needs the permission on every role whose leases end. Sets about up to 500 in one request; repeat it while Remaining is not 0. PreviewRevokeLeases tells how many are still on their way out.',
  input: structure(many),
  output: structure({ Revoking: integer(0, LEASES_AT_ONCE), Remaining: Count }),
  errors: changeErrors(),
  authz: onRole('RevokeLeases'),
  effect: 'write',
  examples: [{ title: 'of a role', input: { Role: 'shop-reader' } }],
});

export const ForgetLease = defineOperation({
  ...vault('management'),
  name: 'ForgetLease',
  doc: 'Gives a lease up whose user cannot be ended because the target is gone. Nothing is done at the target.',
  input: structure({ LeaseId }),
  output: structure({ Lease }),
  errors: changeErrors(),
  authz: onRole('ForgetLease', MANAGE),
  effect: 'write',
  examples: [{ title: 'a lease', input: { LeaseId: EXAMPLE_ID } }],
});

export const ForgetLeases = defineOperation({
  ...vault('management'),
  name: 'ForgetLeases',
  doc: 'Gives all leases up whose users were at a target that is gone. Needs the permission on every role concerned. Up to 500 in one request; repeat it while Remaining is not 0.',
  input: structure({ Target: TargetName }),
  output: structure({ Forgotten: integer(0, LEASES_AT_ONCE), Remaining: Count }),
  errors: changeErrors(),
  authz: onRole('ForgetLeases'),
  effect: 'write',
  examples: [{ title: 'of a target', input: { Target: 'shop' } }],
});

// --- what happens without a request: not operations anybody can call, they give records their names and shapes ---------

export const LeaseEnded = defineOperation({
  ...vault('management'),
  name: 'LeaseEnded',
  doc: 'The user of a lease was ended at the target.',
  input: structure({ LeaseId, Username, EndedBy: oneOf(ENDED_BY) }),
  authz: 'internal',
  effect: 'write',
});

export const LeaseStuck = defineOperation({
  ...vault('management'),
  name: 'LeaseStuck',
  doc: 'The user of a lease could not be ended; somebody has to look.',
  input: structure({ LeaseId, Username, Failure: text(1, 64) }),
  authz: 'internal',
  effect: 'write',
});

export const OrphanFound = defineOperation({
  ...vault('management'),
  name: 'OrphanFound',
  doc: 'A target has a user of our naming that no lease accounts for.',
  input: structure({ Target: text(1, 2048), Username }),
  authz: 'internal',
  effect: 'write',
});

export const OrphanDropped = defineOperation({
  ...vault('management'),
  name: 'OrphanDropped',
  doc: 'A user that no lease accounts for was ended: it was older than any lease can be, or its lease had ended.',
  input: structure({ Target: text(1, 2048), Username }),
  authz: 'internal',
  effect: 'write',
});
