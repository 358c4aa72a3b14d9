/**
 * Principals of resource, trust, key and endpoint policies (iam.md 1.6): who is named, and at which level. The level
 * decides whether boundary and session policies still limit the grant.
 */
import type { PrincipalFacts } from '../model.ts';
import { intern } from '../pattern/intern.ts';
import type { PrincipalElement, PrincipalName } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';

/** Bits of a set of levels. */
export const DIRECT = 1;
export const ROLE = 2;
export const ACCOUNT = 4;

/** `boundId`: undefined = compare the ARN; null = the name belonged to nobody when it was bound; else the unique id. */
type Named = { readonly arn: string; readonly boundId?: string | null };
export type PrincipalEntry =
  | { readonly type: 'everyone' }
  | { readonly type: 'account'; readonly accountId: string; readonly arnPrefix: string }
  | ({ readonly type: 'user' | 'role' | 'session' } & Named)
  | { readonly type: 'unique-id'; readonly id: string }
  | { readonly type: 'service' | 'federated'; readonly name: string }
  | { readonly type: 'nobody' };

export interface PrincipalMatcher {
  readonly negated: boolean;
  /** One of the entries is `*`. */
  readonly everyone: boolean;
  readonly entries: readonly PrincipalEntry[];
}

const ACCOUNT_ID = /^\d{12}$/;
const UNIQUE_ID = /^A[A-Z]{3}[A-Z0-9]{12,124}$/;
const IAM_ARN = /^(arn:[a-z0-9-]+:)iam::(\d{12}):(root|user\/.+|role\/.+|group\/.+)$/s;
const STS_ARN = /^arn:[a-z0-9-]+:sts::\d{12}:(?:assumed-role\/[^/]+\/[^/]+|federated-user\/[^/]+)$/;

/** Compiles Principal or NotPrincipal; values that can name nobody are reported. */
export function compilePrincipal(element: PrincipalElement, findings: FindingList): PrincipalMatcher {
  const entries = element.names.map((name) => compileName(name, findings));
  return { negated: element.negated, everyone: entries.some((entry) => entry.type === 'everyone'), entries };
}

function compileName(name: PrincipalName, findings: FindingList): PrincipalEntry {
  const value = intern(name.value);
  if (name.type === 'CanonicalUser') {
    findings.add('warning', 'canonical-user', name, 'CanonicalUser names nobody here');
    return { type: 'nobody' };
  }
  if (name.type !== 'AWS') return { type: name.type === 'Service' ? 'service' : 'federated', name: value };
  if (value === '*') return { type: 'everyone' };
  if (ACCOUNT_ID.test(value)) return { type: 'account', accountId: value, arnPrefix: 'arn:' };
  if (UNIQUE_ID.test(value)) return { type: 'unique-id', id: value };
  const wildcard = /[*?]/.test(value);
  if (wildcard) {
    const hint = 'name the principal in full, or "*" with ArnLike on aws:PrincipalArn';
    findings.error('bad-principal', name, `principal "${value}" contains a wildcard`, hint);
    return { type: 'nobody' };
  }
  if (STS_ARN.test(value)) return { type: 'session', arn: value };
  const iam = IAM_ARN.exec(value);
  if (iam?.[3] === 'root') return { type: 'account', accountId: iam[2]!, arnPrefix: iam[1]! };
  if (iam?.[3]?.startsWith('user/')) return { type: 'user', arn: value };
  if (iam?.[3]?.startsWith('role/')) return { type: 'role', arn: value };
  const message = iam
    ? `principal "${value}" is a group`
    : `principal "${value}" is not an account, user, role or session`;
  findings.error('bad-principal', name, message, iam ? 'groups are not principals: name users or roles' : undefined);
  return { type: 'nobody' };
}

/** Whether a statement with this matcher speaks about the caller. `hasBoundary` matters to NotPrincipal with Deny. */
export function principalApplies(
  matcher: PrincipalMatcher,
  effect: 'Allow' | 'Deny',
  caller: PrincipalFacts,
  hasBoundary: boolean,
): boolean {
  if (!matcher.negated) return matcher.everyone || namedLevels(matcher, caller) !== 0;
  if (effect === 'Allow') return namedLevels(matcher, caller) === 0;
  return hasBoundary || !isExempt(matcher, caller);
}

/** The levels at which an applying Allow statement grants. Allow with NotPrincipal grants to everyone else directly. */
export function grantLevels(matcher: PrincipalMatcher, caller: PrincipalFacts): number {
  return matcher.negated ? DIRECT : namedLevels(matcher, caller);
}

/**
 * NotPrincipal with Deny: a session is exempt only when its account, its role and the session itself are all listed,
 * any other caller when it is listed at any level (iam.md 1.5).
 */
function isExempt(matcher: PrincipalMatcher, caller: PrincipalFacts): boolean {
  if (matcher.everyone) return true;
  const levels = namedLevels(matcher, caller);
  if (caller.kind === 'assumed-role') return levels === (DIRECT | ROLE | ACCOUNT);
  if (caller.kind === 'federated-user') return (levels & DIRECT) !== 0 && (levels & ACCOUNT) !== 0;
  return levels !== 0;
}

function namedLevels(matcher: PrincipalMatcher, caller: PrincipalFacts): number {
  let levels = 0;
  for (const entry of matcher.entries) levels |= entryLevel(entry, caller);
  return levels;
}

function entryLevel(entry: PrincipalEntry, caller: PrincipalFacts): number {
  switch (entry.type) {
    case 'everyone':
      return DIRECT;
    case 'account':
      return caller.accountId === entry.accountId && caller.arn.startsWith(entry.arnPrefix) ? ACCOUNT : 0;
    case 'user':
      if (caller.kind === 'user') return isNamed(entry, caller.arn, caller.uniqueId) ? DIRECT : 0;
      // The user behind GetFederationToken: its session policy still limits the grant, as a role's session does.
      return caller.kind === 'federated-user' && isNamed(entry, caller.userArn, caller.uniqueId) ? ROLE : 0;
    case 'role':
      return caller.kind === 'assumed-role' && isNamed(entry, caller.roleArn, caller.uniqueId) ? ROLE : 0;
    case 'session':
      return isSession(entry, caller) ? DIRECT : 0;
    case 'unique-id':
      if (caller.uniqueId !== entry.id) return 0;
      return caller.kind === 'user' ? DIRECT : ROLE;
    case 'service':
      return caller.kind === 'service' && (entry.name === caller.arn || entry.name === '*') ? DIRECT : 0;
    case 'federated':
      if (caller.kind !== 'federated-identity') return 0;
      return entry.name === caller.federatedProvider || entry.name === '*' ? DIRECT : 0;
    case 'nobody':
      return 0;
  }
}

/** A bound name follows the unique id: a re-created user with the old name is somebody else. */
function isNamed(entry: Named, arn: string | undefined, uniqueId: string | undefined): boolean {
  if (entry.boundId === undefined) return entry.arn === arn;
  return entry.boundId !== null && entry.boundId === uniqueId;
}

/** A session has no id of its own, so a bound session must have both the ARN and the id of its role or user. */
function isSession(entry: Named, caller: PrincipalFacts): boolean {
  if (caller.kind !== 'assumed-role' && caller.kind !== 'federated-user') return false;
  if (entry.arn !== (caller.sessionArn ?? caller.arn)) return false;
  return entry.boundId === undefined || (entry.boundId !== null && entry.boundId === caller.uniqueId);
}

/** Binds every user, role and session name to the id that `resolve` knows now; unknown names then match nobody. */
export function bindEntries(matcher: PrincipalMatcher, resolve: (arn: string) => string | undefined): PrincipalMatcher {
  const entries = matcher.entries.map((entry) =>
    entry.type === 'user' || entry.type === 'role' || entry.type === 'session'
      ? { ...entry, boundId: resolve(entry.arn) ?? null }
      : entry,
  );
  return { ...matcher, entries };
}
