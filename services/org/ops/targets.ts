/**
 * What ids mean in the organization of the caller. What is missing is authorized under the ARN it would have, so that
 * a denied caller does not learn that it is missing.
 */
import type { OrgDeps } from '../deps.ts';
import { kindOfId, NODE_RESOURCE_TYPES, nodeArn } from '../domain/names.ts';
import { guardrailArn, shippedPolicy } from '../domain/shipped.ts';
import { tagRecord } from '../domain/tags.ts';
import { memberById } from '../store/accounts.ts';
import type { AccountRow, Db, NodeRow } from '../store/db.ts';
import { nodeById } from '../store/nodes.ts';
import { policyById } from '../store/policies.ts';
import { tagsOf } from '../store/tags.ts';
import { type PolicyRef, policyFacts } from './show.ts';
import type { About, AnyCall, Standing } from './standing.ts';

export type Target = { node: NodeRow } | { account: AccountRow };

export function targetName(target: Target): string {
  return 'node' in target ? target.node.name : target.account.name;
}

/** `db`: a transaction, to see it as it is under the lock. */
export async function findTarget(
  deps: OrgDeps,
  standing: Pick<Standing, 'organization'>,
  id: string,
  db: Db = deps.store.read,
): Promise<Target | undefined> {
  const { organization_id } = standing.organization;
  if (kindOfId(id) === 'account') {
    const account = await memberById(db, organization_id, id);
    return account && { account };
  }
  const node = await nodeById(db, organization_id, id);
  return node && { node };
}

/** Root, unit or account; `code` is the error for a missing one. */
export async function aboutTarget(
  call: AnyCall,
  deps: OrgDeps,
  standing: Standing,
  id: string,
  code: string,
): Promise<About<Target>> {
  const found = await findTarget(deps, standing, id);
  const resource = nodeArn(standing.scope, id);
  if (found) touch(call, standing, resource, id);
  return {
    targets: [{ resource, ...(found && { resourceTags: tagRecord(await tagsOf(deps.store.read, id)) }) }],
    state: found as Target,
    ...(!found && { absent: missing(call, code, id) }),
  };
}

/** A root or unit. */
export async function aboutNode(
  call: AnyCall,
  deps: OrgDeps,
  standing: Standing,
  id: string,
  code: string,
): Promise<About<NodeRow>> {
  const { targets, state, absent } = await aboutTarget(call, deps, standing, id, code);
  const node = state && 'node' in state ? state.node : undefined;
  return { targets, state: node as NodeRow, absent: node ? undefined : (absent ?? missing(call, code, id)) };
}

export async function aboutAccount(
  call: AnyCall,
  deps: OrgDeps,
  standing: Standing,
  id: string,
): Promise<About<AccountRow>> {
  const { targets, state, absent } = await aboutTarget(call, deps, standing, id, 'AccountNotFound');
  return { targets, state: (state as { account: AccountRow } | undefined)?.account as AccountRow, absent };
}

export async function aboutPolicy(
  call: AnyCall,
  deps: OrgDeps,
  standing: Standing,
  id: string,
): Promise<About<PolicyRef>> {
  const shipped = shippedPolicy(id);
  const own = shipped ? undefined : await policyById(deps.store.read, standing.organization.organization_id, id);
  const found: PolicyRef | undefined = shipped ? { shipped } : own && { own };
  const type = found ? policyFacts(found).type : 'SERVICE_CONTROL_POLICY';
  const resource = guardrailArn(standing.scope, type, id);
  if (found) call.touches(resource, 'AWS::Organizations::Policy', standing.organization.management_account_id);
  const tags = own ? tagRecord(await tagsOf(deps.store.read, id)) : undefined;
  return {
    targets: [
      {
        resource,
        ...(found && { context: [['organizations:PolicyType', type]] }),
        ...(tags && { resourceTags: tags }),
      },
    ],
    state: found as PolicyRef,
    ...(!found && { absent: missing(call, 'PolicyNotFound', id) }),
  };
}

function touch(call: AnyCall, standing: Standing, arn: string, id: string): void {
  call.touches(arn, NODE_RESOURCE_TYPES[kindOfId(id)], standing.organization.management_account_id);
}

/** AWS's words per error. */
const WORDS: Readonly<Record<string, string>> = {
  AccountNotFound: 'account',
  OrganizationalUnitNotFound: 'organizational unit',
  ParentNotFound: 'parent',
  ChildNotFound: 'child',
  SourceParentNotFound: 'source parent',
  DestinationParentNotFound: 'destination parent',
  TargetNotFound: 'target',
  RootNotFound: 'root',
  PolicyNotFound: 'policy',
};

export function missing<Failure>(
  by: { fail(code: string, message: string): Failure },
  code: string,
  id: string,
): Failure {
  return by.fail(code, `${WORDS[code] ?? 'object'} ${id} does not exist in the organization`);
}
