/** What is proposed: checked, compiled, and its targets found in the caller's account or the organization. */
import { grantedIn } from '../../../../platform/authz/principal.ts';
import type { AnyOperation, InputOf } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import { type CompiledPolicy, compilePolicy } from '../../../../policies/engine/index.ts';
import type { WhatIf } from '../../api/what-if.ts';
import type { IamDeps } from '../../deps.ts';
import { parseGroupArn } from '../../domain/names.ts';
import { checkDocument } from '../../domain/policy-check.ts';
import type { ProposedChange } from '../../domain/replay/proposed-change.ts';
import { membersAttachedOtherwise } from '../../store/attachments.ts';
import { groupByName, usersOfGroup } from '../../store/groups.ts';
import { findSubject } from '../authz/subject.ts';
import { scopeOf } from '../targets.ts';

export type Proposal = InputOf<typeof WhatIf>['Changes'][number];
type WhatIfCall = Call<AnyOperation>;

const EVERYBODY = { after: undefined, limit: 10_000 };

/** Guardrails above the caller's own account, and wherever they are attached, are the management account's. */
export function isAboveAccount({ PolicyType, Target }: Proposal, accountId: string): boolean {
  return (PolicyType === 'scp' || PolicyType === 'rcp') && Target !== accountId;
}

export async function readChanges(
  call: WhatIfCall,
  deps: IamDeps,
  proposals: readonly Proposal[],
): Promise<ProposedChange[]> {
  const changes: ProposedChange[] = [];
  for (const [index, proposal] of proposals.entries()) {
    checkMembers(call, proposal, index);
    const policy = compileProposed(call, deps, proposal, index);
    const change =
      proposal.PolicyType === 'scp' || proposal.PolicyType === 'rcp'
        ? guardrailChange(call, proposal, proposal.PolicyType, policy)
        : await principalChange(call, deps, proposal, proposal.PolicyType, policy);
    changes.push(change);
  }
  return changes;
}

function checkMembers(
  call: WhatIfCall,
  { PolicyType, Operation, Target, PolicyArn, Document }: Proposal,
  index: number,
) {
  const refuse = (member: string, message: string) =>
    call.fail('Validation', message, {
      details: { issues: [{ path: ['Changes', index, member], rule: 'custom', message }] },
    });
  const isGuardrail = PolicyType === 'scp' || PolicyType === 'rcp';
  if (Operation === 'remove' && Document !== undefined)
    throw refuse('Document', 'a policy that is removed has no document');
  if (Operation !== 'remove' && Document === undefined)
    throw refuse('Document', `the document to ${Operation} is missing`);
  if (Operation === 'add' && PolicyArn !== undefined)
    throw refuse('PolicyArn', 'a policy that is added does not exist yet');
  if (Operation !== 'add' && PolicyArn === undefined && PolicyType !== 'boundary')
    throw refuse('PolicyArn', `the policy to ${Operation} is not named`);
  if (Target === undefined && (Operation === 'add' || !isGuardrail)) throw refuse('Target', 'the target is missing');
}

function compileProposed(
  call: WhatIfCall,
  deps: IamDeps,
  { PolicyType, PolicyArn, Document }: Proposal,
  index: number,
): CompiledPolicy | undefined {
  if (Document === undefined) return undefined;
  const problem = checkDocument(Document, deps.limits.document, PolicyType);
  if (problem) throw call.fail('MalformedPolicyDocument', problem.message, { details: { findings: problem.findings } });
  const arn = PolicyArn ?? `request:Changes.${index + 1}`;
  return compilePolicy(Document, { arn, name: `Changes.${index + 1}`, version: 'proposed', kind: PolicyType });
}

function guardrailChange(
  call: WhatIfCall,
  { Operation, Target, PolicyArn }: Proposal,
  layer: 'scp' | 'rcp',
  policy: CompiledPolicy | undefined,
): ProposedChange {
  const { organization } = call;
  if (Target !== undefined && !organization.hasNode(Target)) throw missing(call, `target ${Target}`);
  const policyId = PolicyArn?.slice(PolicyArn.lastIndexOf('/') + 1);
  if (policyId !== undefined && !organization.policy(policyId)) throw missing(call, `policy ${PolicyArn}`);
  const reaches = (accountId: string) => Target !== undefined && organization.isBoundBy(Target, accountId);
  return { layer, operation: Operation, policy, levelId: Target, policyId, reaches };
}

async function principalChange(
  call: WhatIfCall,
  deps: IamDeps,
  { Operation, Target = '', PolicyArn }: Proposal,
  layer: 'identity' | 'boundary',
  policy: CompiledPolicy | undefined,
): Promise<ProposedChange> {
  const { accountId } = call.caller;
  const change = {
    layer,
    operation: Operation,
    policy,
    accountId,
    policyArn: PolicyArn,
    ...(policy && { grantedIn: (projectId: string) => grantedIn(policy, accountId, projectId) }),
  };
  if (Target === accountId) return { ...change, principalIds: undefined };
  const ids = await membersOf(call, deps, Target, layer === 'identity' ? PolicyArn : undefined);
  if (ids && layer === 'identity') return { ...change, principalIds: ids };
  const subject = await findSubject(call, deps, Target);
  if (!subject) throw missing(call, `target ${Target}`);
  return { ...change, principalIds: new Set([subject.principal.snapshot.PrincipalId]) };
}

/**
 * Members of a group as it is today; undefined: there is no such group. Those who have the policy on another way as
 * well are left out: they keep it when the group loses it.
 */
async function membersOf(
  call: WhatIfCall,
  deps: IamDeps,
  arn: string,
  policyArn: string | undefined,
): Promise<Set<string> | undefined> {
  const named = parseGroupArn(arn, scopeOf(call, deps));
  if (!named) return undefined;
  return deps.store.snapshot(async (view) => {
    const group = await groupByName(view, call.caller.accountId, named.name);
    if (group?.path !== named.path) return undefined;
    const users = await usersOfGroup(view, group.group_id, EVERYBODY);
    const kept = policyArn === undefined ? undefined : await membersAttachedOtherwise(view, group.group_id, policyArn);
    return new Set(users.map((user) => user.user_id).filter((id) => !kept?.has(id)));
  });
}

function missing(call: WhatIfCall, what: string) {
  return call.fail('NotFound', `${what} does not exist`);
}
