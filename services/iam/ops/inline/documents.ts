/** What inline policies of users, groups and roles share. */

import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import type { IamDeps } from '../../deps.ts';
import { nameKey } from '../../domain/names.ts';
import { checkDocument } from '../../domain/policy-check.ts';
import { deleteInlinePolicy, inlineSizes, writeInlinePolicy } from '../../store/inline-policies.ts';
import type { OwnerKind } from '../../store/schema.ts';
import { policyChange } from '../changes.ts';
import { inlineLimit, lockOwner, type Owner } from '../owners.ts';

type AnyCall = Call<AnyOperation>;

export const inlineMissing = (owner: OwnerKind, name: string) =>
  `The ${owner} policy with name ${name} cannot be found.`;

/**
 * Refuses a document that does not compile; security warnings do not refuse. Actions are not looked up: policies name
 * services that are added later, and other systems' actions, as they do in AWS.
 */
export function requireDocument(
  call: AnyCall,
  deps: IamDeps,
  document: string,
  kind: 'identity' | 'session' | 'trust' = 'identity',
): void {
  const problem = checkDocument(document, deps.limits.document, kind);
  if (!problem) return;
  throw call.fail('MalformedPolicyDocument', problem.message, {
    hint: problem.findings.find((finding) => finding.hint !== undefined)?.hint ?? 'details.findings hold every fault',
    details: { findings: problem.findings },
  });
}

export async function putInline(call: AnyCall, deps: IamDeps, owner: Owner, name: string, document: string) {
  requireDocument(call, deps, document);
  const key = nameKey(name);
  const limit = inlineLimit(deps.limits, owner.kind);
  return policyChange(deps, call, 'inline-policy', owner.id, async (tx) => {
    await lockOwner(tx, call, owner);
    let total = document.length;
    for (const other of await inlineSizes(tx, owner.id)) {
      if (other.nameKey !== key) total += other.size;
      else if (other.name !== name)
        throw call.fail('EntityAlreadyExists', `policy ${name} differs only in letter case from ${other.name}`);
    }
    if (total > limit)
      throw call.fail(
        'LimitExceeded',
        `Maximum policy size of ${limit} bytes exceeded for ${owner.kind} ${owner.name}`,
      );
    await writeInlinePolicy(tx, owner.kind, owner.id, { name, nameKey: key }, document);
    return undefined;
  });
}

export function removeInline(call: AnyCall, deps: IamDeps, owner: Owner, name: string) {
  return policyChange(deps, call, 'inline-policy', owner.id, async (tx) => {
    if (!(await deleteInlinePolicy(tx, owner.id, name))) throw call.fail('NotFound', inlineMissing(owner.kind, name));
    return undefined;
  });
}
