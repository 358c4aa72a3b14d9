/** Sessions as things that can be seen and ended: AWS has only a Deny with a date for it. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, flag, integer, list, oneOf, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { notFound } from './errors.ts';
import { Arn, pageInput, pageOutput, pagination, RoleName, SessionId, UserName } from './shapes.ts';

const shared = { service: 'iam', area: 'sts', audit: { class: 'management' } } as const;

/** Exactly one of them. */
const whose = { RoleName: RoleName.optional(), UserName: UserName.optional() };

export const Session = annotate(
  structure({
    SessionId,
    Kind: oneOf(['root', 'user', 'role', 'federated']),
    /** Of a role session or federated user its own, else that of the user. */
    Arn,
    SourceIdentity: text(2, 64).optional(),
    MultiFactorAuthenticated: flag(),
    IssuedAt: timestamp(),
    ExpiresAt: timestamp(),
    RevokedAt: timestamp().optional(),
  }),
  { title: 'Session' },
);

export const ListSessions = defineOperation({
  ...shared,
  name: 'ListSessions',
  doc: 'Lists the sessions of a role or user that have not expired, revoked ones included.',
  input: structure({ ...whose, ...pageInput }),
  output: structure({ Sessions: list(Session, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'sts:ListSessions', resource: 'iam:role' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of a role', input: { RoleName: 'auditor' } }],
});

export const RevokeSession = defineOperation({
  ...shared,
  name: 'RevokeSession',
  doc: 'Ends a session, and every session that was made from it, within a second. The permission is asked on its role or user.',
  input: structure({ SessionId }),
  errors: notFound,
  authz: { action: 'sts:RevokeSession', resource: 'iam:role' },
  effect: 'write',
  examples: [{ title: 'end', input: { SessionId: 'ASIACKCEVSQ6C2EXAMPLE' } }],
});

export const RevokeSessionsBefore = defineOperation({
  ...shared,
  name: 'RevokeSessionsBefore',
  doc: 'Ends every session of a role or user that was issued before a time, and what was made from it, within a second. Of a user also the role sessions it took on.',
  input: structure({
    ...whose,
    /** Not in the future; default: now. */
    Before: timestamp().optional(),
  }),
  output: structure({ RevokedSessions: integer(0, Number.MAX_SAFE_INTEGER) }),
  errors: notFound,
  authz: { action: 'sts:RevokeSessionsBefore', resource: 'iam:role' },
  effect: 'write',
  examples: [{ title: 'all of a role', input: { RoleName: 'auditor' } }],
});
