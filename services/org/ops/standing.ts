/**
 * Where the caller stands, and what an operation is about. The organization belongs to the management account: its
 * own users are judged by their policies, members by the cross-account rule, which lets in whom the policy of the
 * organization or a delegation lets in. An account outside learns that it is outside, whatever it asks about.
 */
import type { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../platform/runtime/call.ts';
import type { OrgDeps } from '../deps.ts';
import type { ArnScope } from '../domain/names.ts';
import { memberById } from '../store/accounts.ts';
import type { AccountRow, Db, OrganizationRow } from '../store/db.ts';
import { theOrganization } from '../store/organization.ts';
import { grantsFor } from './grants.ts';

export type AnyCall = Call<AnyOperation>;

export interface Standing {
  organization: OrganizationRow;
  /** The account of the caller. */
  member: AccountRow;
  scope: ArnScope;
}

type Question = Omit<AuthorizationTarget, 'accountId' | 'policy' | 'trust'>;

/** What a `find` answers. */
export interface About<T> {
  targets: readonly Question[];
  state: T;
  absent?: ServiceError | undefined;
}

export type Found<T> = Standing & { found: T };

export const EVERYTHING: Question = { resource: '*' };

export async function standingOf(db: Db, deps: OrgDeps, accountId: string): Promise<Standing | undefined> {
  const organization = await theOrganization(db);
  if (!organization) return undefined;
  const member = await memberById(db, organization.organization_id, accountId);
  return member && { organization, member, scope: scopeOf(deps, organization) };
}

export function scopeOf(deps: OrgDeps, organization: OrganizationRow): ArnScope {
  return {
    partition: deps.settings.partition,
    managementAccountId: organization.management_account_id,
    organizationId: organization.organization_id,
  };
}

/** `resolve` of an operation on what belongs to the organization. */
export async function inOrganization<T>(
  call: AnyCall,
  deps: OrgDeps,
  find: (standing: Standing) => About<T> | Promise<About<T>>,
): Promise<Resolved<Found<T>>> {
  const standing = await standingOf(deps.store.read, deps, call.caller.accountId);
  if (!standing) return outside(call);
  const { targets, state, absent } = await find(standing);
  const policy = await grantsFor(deps, standing);
  const accountId = standing.organization.management_account_id;
  return {
    targets: targets.map((target) => ({ ...target, accountId, ...(policy && { policy }) })),
    state: { ...standing, found: state },
    ...(absent && { absent }),
  };
}

/** `resolve` of an operation that every member may ask for itself: its own policies decide. */
export async function asMember(call: AnyCall, deps: OrgDeps): Promise<Resolved<Standing>> {
  const standing = await standingOf(deps.store.read, deps, call.caller.accountId);
  return standing ? { targets: [EVERYTHING], state: standing } : outside(call);
}

function outside<T>(call: AnyCall): Resolved<T> {
  return {
    targets: [EVERYTHING],
    state: undefined as T,
    absent: call.fail('OrganizationsNotInUse', 'Your account is not a member of an organization.'),
  };
}

/** For operations about the organization as a whole. */
export const wholeOrganization = (call: AnyCall, deps: OrgDeps, question: Question = EVERYTHING) =>
  inOrganization<undefined>(call, deps, () => ({ targets: [question], state: undefined }));
