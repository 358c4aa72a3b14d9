/** The user, group or role whose policies a simulation takes. */
import { compileStored } from '../../../../platform/authz/principal.ts';
import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call, Resolved } from '../../../../platform/runtime/call.ts';
import type { CompiledPolicy } from '../../../../policies/engine/index.ts';
import type { IamDeps } from '../../deps.ts';
import { parseGroupArn } from '../../domain/names.ts';
import { groupByName } from '../../store/groups.ts';
import { readGroupPolicies } from '../../store/snapshot.ts';
import { findSubject, type Subject, targetOf } from '../authz/subject.ts';
import { scopeOf } from '../targets.ts';

export interface PolicySource {
  /** Undefined for a group: its policies bind its members, itself it is nobody. */
  subject: Subject | undefined;
  identity: readonly CompiledPolicy[];
}

export async function aboutPolicySource(
  call: Call<AnyOperation>,
  deps: IamDeps,
  arn: string,
): Promise<Resolved<PolicySource>> {
  const subject = await findSubject(call, deps, arn);
  const identity = subject ? subject.principal.identity.policies : await policiesOfGroup(call, deps, arn);
  return {
    targets: [targetOf(arn, subject)],
    state: { subject, identity: identity ?? [] },
    ...(!identity && {
      absent: call.fail('NotFound', `The entity with ARN ${arn} cannot be found.`, {
        hint: 'name a user, group or role of this account by its ARN',
      }),
    }),
  };
}

async function policiesOfGroup(
  call: Call<AnyOperation>,
  deps: IamDeps,
  arn: string,
): Promise<CompiledPolicy[] | undefined> {
  const named = parseGroupArn(arn, scopeOf(call, deps));
  if (!named) return undefined;
  const { partition } = deps.settings;
  return deps.store.snapshot(async (view) => {
    const group = await groupByName(view, call.caller.accountId, named.name);
    if (group?.path !== named.path) return undefined;
    const policies = await readGroupPolicies(view, group, partition, deps.shipped);
    return policies.map((policy) => compileStored(policy, group.account_id));
  });
}
