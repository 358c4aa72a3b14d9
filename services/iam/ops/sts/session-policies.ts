/** Session policies and tags of a new session: what may be handed over, and how much of it. */
import type { IamDeps } from '../../deps.ts';
import { checkTags, type Tag } from '../../domain/tags.ts';
import type { ManagedSessionPolicy } from '../../store/session-snapshot.ts';
import { ownPolicy, shippedPolicy } from '../../store/snapshot.ts';
import { requireDocument } from '../inline/documents.ts';
import { type AnyCall, findPolicy } from '../targets.ts';

interface Given {
  Policy?: string | undefined;
  PolicyArns?: readonly { arn: string }[] | undefined;
}

export interface SessionLimits {
  policy: string | undefined;
  managedPolicies: ManagedSessionPolicy[] | undefined;
  /** Percent of the permitted size; undefined: nothing was handed over. */
  packedSize: number | undefined;
}

/** Managed policies are those of the account whose session it becomes, and shipped ones. */
export async function readSessionPolicies(
  call: AnyCall,
  deps: IamDeps,
  accountId: string,
  given: Given,
  tags: readonly Tag[],
): Promise<SessionLimits> {
  const { Policy, PolicyArns } = given;
  if (Policy !== undefined) requireDocument(call, deps, Policy, 'session');
  let size = Policy?.length ?? 0;
  const managedPolicies: ManagedSessionPolicy[] = [];
  for (const { arn } of PolicyArns ?? []) {
    const found = await findPolicy(deps.store.read, deps, { partition: deps.settings.partition, accountId }, arn);
    if (!found) {
      throw call.fail('MalformedPolicyDocument', `Policy ${arn} does not exist or is not attachable.`, {
        hint: 'name policies of the account of the session, or shipped ones',
      });
    }
    managedPolicies.push({ arn: found.arn, policyId: found.policyId });
    const document =
      found.kind === 'own'
        ? await ownPolicy(deps.store.read, found.policyId, 'session')
        : shippedPolicy(deps.shipped, arn, 'session');
    size += document?.Document.length ?? 0;
  }
  for (const { Key, Value } of tags) size += Key.length + Value.length;
  const limit = deps.limits.sessionCharacters;
  if (size > limit) {
    throw call.fail(
      'PackedPolicyTooLarge',
      `Packed size of session tags and policies consumes ${Math.ceil((size * 100) / limit)}% of allotted space.`,
      { hint: `hand over at most ${limit} characters` },
    );
  }
  return {
    policy: Policy,
    managedPolicies: PolicyArns && PolicyArns.length > 0 ? managedPolicies : undefined,
    packedSize: size === 0 ? undefined : Math.ceil((size * 100) / limit),
  };
}

export function requireSessionTags(call: AnyCall, deps: IamDeps, tags: readonly Tag[]): void {
  const problem = checkTags(tags, [], deps.limits.tagsPerResource);
  if (problem) throw call.fail('Validation', problem.message);
}
