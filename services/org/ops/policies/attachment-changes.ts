/** What may become of attachments, under the lock of the organization. */
import type { GuardrailType } from '../../domain/shipped.ts';
import { fullAccess, shippedPolicy } from '../../domain/shipped.ts';
import { attach, attachmentsOf, detach, setMode } from '../../store/attachments.ts';
import type { AttachmentRow } from '../../store/db.ts';
import { enabledTypes } from '../../store/policies.ts';
import type { AttachmentMode } from '../../store/schema.ts';
import type { Changing } from '../changes.ts';
import { findTarget, missing } from '../targets.ts';
import { policyNow } from './policy-changes.ts';

/** A policy and a target as they are now. */
export interface Pair {
  policyId: string;
  targetId: string;
  type: GuardrailType;
  /** How many of the type are attached there. */
  attached: number;
  /** Undefined: this one is not. */
  existing: AttachmentRow | undefined;
}

export async function pairNow(at: Changing, policyId: string, targetId: string): Promise<Pair> {
  const { type } = shippedPolicy(policyId) ?? (await policyNow(at, policyId));
  if (!(await findTarget(at.deps, at, targetId, at.tx))) throw missing(at, 'TargetNotFound', targetId);
  const attached = await attachmentsOf(at.tx, targetId, type);
  const existing = attached.find((row) => row.policy_id === policyId);
  return { policyId, targetId, type, attached: attached.length, existing };
}

export async function addAttachment(
  { tx, organization, now, fail }: Changing,
  { policyId, targetId, type, existing }: Pair,
  mode: AttachmentMode,
): Promise<void> {
  if (!(await enabledTypes(tx, organization.organization_id)).includes(type))
    throw fail('PolicyTypeNotEnabled', `policies of type ${type} are not enabled`, {
      hint: 'EnablePolicyType first',
    });
  if (existing) throw fail('DuplicatePolicyAttachment', `policy ${policyId} is attached to ${targetId} already`);
  await attach(tx, { targetId, policyId, type, mode, now });
}

export async function changeMode(at: Changing, pair: Pair, mode: AttachmentMode): Promise<void> {
  requireAttached(at, pair);
  if (mode === 'observe') requireDetachable(at, pair);
  await setMode(at.tx, pair.targetId, pair.policyId, mode);
}

export async function removeAttachment(at: Changing, pair: Pair): Promise<void> {
  requireAttached(at, pair);
  requireDetachable(at, pair);
  await detach(at.tx, pair.targetId, pair.policyId);
}

/**
 * What holds for every node at every commit, asked when all attachments of the commit are made: not too many, and an
 * enforced service control policy, because without one everything below would be denied (observed ones allow nothing).
 * Resource control policies need no such rule: their full-access policy cannot be detached.
 * `before`: as it was when the commit began; a node that holds too many since the limit was lowered may lose some.
 */
export async function requireBounds({ tx, deps, fail }: Changing, before: Pair): Promise<void> {
  const { targetId, type } = before;
  const attached = await attachmentsOf(tx, targetId, type);
  const limit = deps.limits.attachmentsPerNode;
  if (attached.length > Math.max(limit, before.attached))
    throw fail('ConstraintViolation', `at most ${limit} policies of a type are attached to one node`, {
      details: { reason: 'MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED' },
    });
  if (type !== 'SERVICE_CONTROL_POLICY' || attached.some((row) => row.mode === 'enforce')) return;
  throw fail('ConstraintViolation', `${targetId} would have no enforced policy of this type`, {
    hint: 'attach the policy that shall replace it first',
    details: { reason: 'MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED' },
  });
}

function requireAttached({ fail }: Changing, { policyId, targetId, existing }: Pair): void {
  if (!existing) throw fail('PolicyNotAttached', `policy ${policyId} is not attached to ${targetId}`);
}

/** Without the full-access policy every resource control policy would be a lock-out. */
function requireDetachable({ fail }: Changing, { policyId }: Pair): void {
  if (policyId !== fullAccess('RESOURCE_CONTROL_POLICY').id) return;
  throw fail('InvalidInput', `policy ${policyId} cannot be detached`, {
    details: { reason: 'NON_DETACHABLE_POLICY' },
  });
}
