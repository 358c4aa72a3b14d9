/**
 * What an operation is about. What is missing is authorized under the ARN it would have, so that a denied caller does
 * not learn that it is missing; names and ARNs of other accounts find nothing here.
 */
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call, Resolved } from '../../../platform/runtime/call.ts';
import type { IamDeps } from '../deps.ts';
import { type ArnScope, groupArn, parsePolicyArn, policyArn, roleArn, rootArn, userArn } from '../domain/names.ts';
import type { ShippedPolicy } from '../domain/shipped.ts';
import { lockAccount } from '../store/accounts.ts';
import type { Db, GroupRow, PolicyRow, RoleRow, Tx, UserRow } from '../store/db.ts';
import { groupByName } from '../store/groups.ts';
import { policyByName } from '../store/policies.ts';
import { roleByName } from '../store/roles.ts';
import { tagRecord, tagsOf } from '../store/tags.ts';
import { lockUser, userById, userByName } from '../store/users.ts';

export type AnyCall = Call<AnyOperation>;
export type Extra = Pick<AuthorizationTarget, 'context' | 'requestTags'>;

export function scopeOf(call: AnyCall, deps: IamDeps): ArnScope {
  return { partition: deps.settings.partition, accountId: call.caller.accountId };
}

export const userMissing = (name: string) => `The user with name ${name} cannot be found.`;
export const groupMissing = (name: string) => `The group with name ${name} cannot be found.`;
export const roleMissing = (name: string) => `The role with name ${name} cannot be found.`;
export const policyMissing = (arn: string) => `Policy ${arn} was not found.`;

/** The user of that name; without a name the caller itself. */
export async function aboutUser(
  call: AnyCall,
  deps: IamDeps,
  name: string | undefined,
  extra?: (user: UserRow | undefined) => Extra,
): Promise<Resolved<UserRow>> {
  const { caller } = call;
  if (name === undefined && caller.kind !== 'user') {
    throw call.fail('Validation', 'Must specify userName when calling with non-User credentials', {
      hint: 'name the user',
    });
  }
  const db = deps.store.read;
  const found =
    name === undefined ? await userById(db, caller.principalId) : await userByName(db, caller.accountId, name);
  const shown = name ?? caller.userName ?? caller.principalId;
  const resource = userArn(scopeOf(call, deps), found?.path ?? '/', found?.name ?? shown);
  const tags = found && tagRecord(await tagsOf(db, found.user_id));
  return {
    targets: [{ resource, ...inProject(call, found), ...withTags(tags, 'iam:ResourceTag/', extra?.(found)) }],
    state: found as UserRow,
    ...(!found && { absent: call.fail('NotFound', userMissing(shown)) }),
  };
}

/** Whoever has credentials of its own: a user, or the root user of the account. */
export interface Holder {
  kind: 'user' | 'root';
  accountId: string;
  /** User id, or the account id. */
  id: string;
  /** The root user has no name. */
  name?: string;
}

/** The user of that name; without a name the caller itself, the root user included. */
export async function aboutHolder(call: AnyCall, deps: IamDeps, name: string | undefined): Promise<Resolved<Holder>> {
  const { kind, accountId } = call.caller;
  if (name === undefined && kind === 'root')
    return { targets: [{ resource: rootArn(scopeOf(call, deps)) }], state: { kind, accountId, id: accountId } };
  const { state, ...rest } = await aboutUser(call, deps, name);
  const holder = state && { kind: 'user' as const, accountId, id: state.user_id, name: state.name };
  return { ...rest, state: holder as Holder };
}

/** Locks the row that the credentials of a holder are counted against. */
export async function lockHolder(tx: Tx, call: AnyCall, holder: Holder): Promise<void> {
  if (holder.kind === 'root') await lockAccount(tx, holder.accountId);
  else if (!(await lockUser(tx, holder.id))) throw call.fail('NotFound', userMissing(holder.name ?? holder.id));
}

export async function aboutGroup(
  call: AnyCall,
  deps: IamDeps,
  name: string,
  extra?: Extra,
): Promise<Resolved<GroupRow>> {
  const found = await groupByName(deps.store.read, call.caller.accountId, name);
  return {
    targets: [
      { resource: groupArn(scopeOf(call, deps), found?.path ?? '/', name), ...inProject(call, found), ...extra },
    ],
    state: found as GroupRow,
    ...(!found && { absent: call.fail('NotFound', groupMissing(name)) }),
  };
}

export async function aboutRole(
  call: AnyCall,
  deps: IamDeps,
  name: string,
  extra?: (role: RoleRow | undefined) => Extra,
): Promise<Resolved<RoleRow>> {
  const db = deps.store.read;
  const found = await roleByName(db, call.caller.accountId, name);
  const tags = found && tagRecord(await tagsOf(db, found.role_id));
  const resource = roleArn(scopeOf(call, deps), found?.path ?? '/', name);
  return {
    targets: [{ resource, ...inProject(call, found), ...withTags(tags, 'iam:ResourceTag/', extra?.(found)) }],
    state: found as RoleRow,
    ...(!found && { absent: call.fail('NotFound', roleMissing(name)) }),
  };
}

/** A managed policy as the account sees it: its own, or a shipped one. */
export type PolicyRef =
  | { kind: 'own'; arn: string; policyId: string; row: PolicyRow }
  | { kind: 'shipped'; arn: string; policyId: null; policy: ShippedPolicy };

export async function findPolicy(db: Db, deps: IamDeps, scope: ArnScope, arn: string): Promise<PolicyRef | undefined> {
  const policy = deps.shipped.get(arn);
  if (policy) return { kind: 'shipped', arn, policyId: null, policy };
  const named = parsePolicyArn(arn, scope);
  const row = named && (await policyByName(db, scope.accountId, named.path, named.name));
  return row && { kind: 'own', arn: policyArn(scope, row.path, row.name), policyId: row.policy_id, row };
}

export async function aboutPolicy(
  call: AnyCall,
  deps: IamDeps,
  arn: string,
  extra?: Extra,
): Promise<Resolved<PolicyRef>> {
  const db = deps.store.read;
  const found = await findPolicy(db, deps, scopeOf(call, deps), arn);
  const own = found?.kind === 'own' ? found.row : undefined;
  const tags = own && tagRecord(await tagsOf(db, own.policy_id));
  return {
    targets: [{ resource: arn, ...inProject(call, own), ...withTags(tags, 'iam:ResourceTag/', extra) }],
    state: found as PolicyRef,
    ...(!found && { absent: call.fail('NotFound', policyMissing(arn)) }),
  };
}

/** A policy of the account itself, for a change; shipped ones never change. */
export async function aboutOwnPolicy(
  call: AnyCall,
  deps: IamDeps,
  arn: string,
  extra?: Extra,
): Promise<Resolved<PolicyRow>> {
  const { targets, state, absent } = await aboutPolicy(call, deps, arn, extra);
  const refused =
    state?.kind === 'shipped'
      ? call.fail('UnmodifiableEntity', `policy ${arn} is shipped with the product and cannot be changed`, {
          hint: 'copy its document into a policy of your own',
        })
      : absent;
  return {
    targets,
    state: (state?.kind === 'own' ? state.row : undefined) as PolicyRow,
    ...(refused && { absent: refused }),
  };
}

/** Where a row is, and whether the operation reaches beyond that. What does not exist is in the default project. */
export function inProject(
  call: AnyCall,
  row: { enterprise_project_id: string } | undefined,
): Pick<AuthorizationTarget, 'project' | 'beyondProject'> {
  const { authz } = call.operation;
  return {
    ...(row && { project: row.enterprise_project_id }),
    ...(typeof authz === 'object' && authz.beyondProject && { beyondProject: true }),
  };
}

export function withTags(
  tags: Record<string, string> | undefined,
  prefix: string,
  extra: Extra | undefined,
): Partial<AuthorizationTarget> {
  const context = [
    ...(extra?.context ?? []),
    ...Object.entries(tags ?? {}).map(([key, value]) => [`${prefix}${key}`, value] as const),
  ];
  return {
    ...(tags && { resourceTags: tags }),
    ...(extra?.requestTags && { requestTags: extra.requestTags }),
    ...(context.length > 0 && { context }),
  };
}
