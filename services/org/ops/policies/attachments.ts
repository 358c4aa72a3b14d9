import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import type { Call } from '../../../../platform/runtime/call.ts';
import {
  AttachPolicy,
  DetachPolicy,
  ListPoliciesForTarget,
  ListTargetsForPolicy,
  UpdatePolicyAttachment,
} from '../../api/attachments.ts';
import type { OrgDeps } from '../../deps.ts';
import { kindOfId, NODE_TYPES, nodeArn } from '../../domain/names.ts';
import { isGuardrailType } from '../../domain/policy-check.ts';
import { fullAccess, shippedPolicy } from '../../domain/shipped.ts';
import { membersById } from '../../store/accounts.ts';
import { attach, attachmentsOf, detach, setMode, targetsOf } from '../../store/attachments.ts';
import type { AttachmentRow, Tx } from '../../store/db.ts';
import { nodesById } from '../../store/nodes.ts';
import { enabledTypes, policiesById, policyById } from '../../store/policies.ts';
import type { AttachmentMode } from '../../store/schema.ts';
import { organizationChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type PolicyRef, policyFacts, showSummary } from '../show.ts';
import { type AnyCall, type Found, inOrganization } from '../standing.ts';
import { aboutPolicy, aboutTarget, findTarget, missing, type Target, targetName } from '../targets.ts';

interface Pair {
  policy: PolicyRef;
  target: Target;
}

type Input = { PolicyId: string; TargetId: string };

/** Policy and target are both asked about. */
function aboutPair(call: Call<AnyOperation>, deps: OrgDeps, input: Input) {
  return inOrganization<Pair>(call, deps, async (standing) => {
    const policy = await aboutPolicy(call, deps, standing, input.PolicyId);
    const target = await aboutTarget(call, deps, standing, input.TargetId, 'TargetNotFound');
    const context = policy.targets[0]?.context;
    return {
      targets: [...policy.targets, ...target.targets.map((t) => ({ ...t, ...(context && { context }) }))],
      state: { policy: policy.state, target: target.state },
      absent: policy.absent ?? target.absent,
    };
  });
}

/** Both as they are under the lock, and what is attached to the target. */
async function locked(call: AnyCall, tx: Tx, deps: OrgDeps, standing: Found<Pair>, input: Input) {
  const { organization_id } = standing.organization;
  const { type } = policyFacts(standing.found.policy);
  if (!shippedPolicy(input.PolicyId) && !(await policyById(tx, organization_id, input.PolicyId)))
    throw missing(call, 'PolicyNotFound', input.PolicyId);
  if (!(await findTarget(deps, standing, input.TargetId, tx))) throw missing(call, 'TargetNotFound', input.TargetId);
  const attached = await attachmentsOf(tx, input.TargetId, type);
  return { type, attached, existing: attached.find((row) => row.policy_id === input.PolicyId) };
}

/**
 * A node without an enforced service control policy would deny everything below it. Observed ones allow nothing.
 * Resource control policies need none of this: their full-access policy cannot be detached.
 */
function requireAnother(call: AnyCall, attached: readonly AttachmentRow[], leaving: AttachmentRow): void {
  const others = attached.filter((row) => row.mode === 'enforce' && row.policy_id !== leaving.policy_id);
  if (leaving.type !== 'SERVICE_CONTROL_POLICY' || leaving.mode !== 'enforce' || others.length > 0) return;
  throw call.fail('ConstraintViolation', `it is the last enforced policy of ${leaving.target_id}`, {
    hint: 'attach the policy that shall replace it first',
    details: { reason: 'MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED' },
  });
}

/** Without the full-access policy every resource control policy would be a lock-out. */
function requireDetachable(call: AnyCall, policyId: string): void {
  if (policyId !== fullAccess('RESOURCE_CONTROL_POLICY').id) return;
  throw call.fail('InvalidInput', `policy ${policyId} cannot be detached`, {
    details: { reason: 'NON_DETACHABLE_POLICY' },
  });
}

const changed = (input: Input) => ({ kind: 'attachment', objectId: `${input.TargetId}/${input.PolicyId}` });

export const attachPolicy = implement(AttachPolicy, {
  resolve: aboutPairOf,
  run(call, input, standing, deps) {
    const { organization } = standing;
    return organizationChange(deps, call, organization, changed(input), async (tx) => {
      const { type, attached, existing } = await locked(call, tx, deps, standing, input);
      if (!(await enabledTypes(tx, organization.organization_id)).includes(type))
        throw call.fail('PolicyTypeNotEnabled', `policies of type ${type} are not enabled`, {
          hint: 'EnablePolicyType first',
        });
      if (existing)
        throw call.fail(
          'DuplicatePolicyAttachment',
          `policy ${input.PolicyId} is attached to ${input.TargetId} already`,
        );
      const limit = deps.limits.attachmentsPerNode;
      if (attached.length >= limit)
        throw call.fail('ConstraintViolation', `at most ${limit} policies of a type are attached to one node`, {
          details: { reason: 'MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED' },
        });
      const mode: AttachmentMode = input.Mode ?? 'enforce';
      await attach(tx, { targetId: input.TargetId, policyId: input.PolicyId, type, mode, now: call.now });
      return undefined;
    });
  },
});

export const updatePolicyAttachment = implement(UpdatePolicyAttachment, {
  resolve: aboutPairOf,
  run(call, input, standing, deps) {
    return organizationChange(deps, call, standing.organization, changed(input), async (tx) => {
      const { attached, existing } = await locked(call, tx, deps, standing, input);
      if (!existing) throw notAttached(call, input);
      if (input.Mode === 'observe') {
        requireDetachable(call, input.PolicyId);
        requireAnother(call, attached, existing);
      }
      await setMode(tx, input.TargetId, input.PolicyId, input.Mode);
      return undefined;
    });
  },
});

export const detachPolicy = implement(DetachPolicy, {
  resolve: aboutPairOf,
  run(call, input, standing, deps) {
    return organizationChange(deps, call, standing.organization, changed(input), async (tx) => {
      const { attached, existing } = await locked(call, tx, deps, standing, input);
      if (!existing) throw notAttached(call, input);
      requireDetachable(call, input.PolicyId);
      requireAnother(call, attached, existing);
      await detach(tx, input.TargetId, input.PolicyId);
      return undefined;
    });
  },
});

function aboutPairOf(call: Call<AnyOperation>, input: Input, deps: OrgDeps) {
  return aboutPair(call, deps, input);
}

function notAttached(call: AnyCall, { PolicyId, TargetId }: Input) {
  return call.fail('PolicyNotAttached', `policy ${PolicyId} is not attached to ${TargetId}`);
}

export const listPoliciesForTarget = implement(ListPoliciesForTarget, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const about = await aboutTarget(call, deps, standing, input.TargetId, 'TargetNotFound');
      const context = [['organizations:PolicyType', input.Filter]] as const;
      return { ...about, targets: about.targets.map((target) => ({ ...target, context })) };
    }),
  async run(call, input, { scope }, deps) {
    const type = input.Filter;
    const page = openPage(deps, call, input, [input.TargetId, type]);
    if (!isGuardrailType(type)) return { Policies: [] };
    const db = deps.store.read;
    const found = await attachmentsOf(db, input.TargetId, type, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.policy_id);
    const own = new Map(
      (
        await policiesById(
          db,
          rows.map((row) => row.policy_id),
        )
      ).map((row) => [row.policy_id, row]),
    );
    const Policies = rows.flatMap(({ policy_id, mode }) => {
      const shipped = shippedPolicy(policy_id);
      const row = own.get(policy_id);
      const ref: PolicyRef | undefined = shipped ? { shipped } : row && { own: row };
      return ref ? [{ ...showSummary(scope, ref), Mode: mode }] : [];
    });
    return { Policies, ...output };
  },
});

export const listTargetsForPolicy = implement(ListTargetsForPolicy, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutPolicy(call, deps, standing, input.PolicyId)),
  async run(call, input, { organization, scope }, deps) {
    const page = openPage(deps, call, input, input.PolicyId);
    const db = deps.store.read;
    const found = await targetsOf(db, input.PolicyId, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.target_id);
    const nodes = await nodesById(
      db,
      rows.flatMap((row) => row.node_id ?? []),
    );
    const accounts = await membersById(
      db,
      organization.organization_id,
      rows.flatMap((row) => row.account_id ?? []),
    );
    const names = new Map([
      ...nodes.map((node) => [node.node_id, targetName({ node })] as const),
      ...accounts.map((account) => [account.account_id, targetName({ account })] as const),
    ]);
    return {
      Targets: rows.map(({ target_id, mode }) => ({
        TargetId: target_id,
        Arn: nodeArn(scope, target_id),
        Name: names.get(target_id) ?? target_id,
        Type: NODE_TYPES[kindOfId(target_id)],
        Mode: mode,
      })),
      ...output,
    };
  },
});
