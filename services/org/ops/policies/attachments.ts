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
import { shippedPolicy } from '../../domain/shipped.ts';
import { membersById } from '../../store/accounts.ts';
import { attachmentsOf, targetsOf } from '../../store/attachments.ts';
import { nodesById } from '../../store/nodes.ts';
import { policiesById } from '../../store/policies.ts';
import { type Changing, organizationChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type PolicyRef, showSummary } from '../show.ts';
import { type AnyCall, type Found, inOrganization } from '../standing.ts';
import { aboutPolicy, aboutTarget, type Target, targetName } from '../targets.ts';
import {
  addAttachment,
  changeMode,
  type Pair as PairNow,
  pairNow,
  removeAttachment,
  requireBounds,
} from './attachment-changes.ts';

interface Pair {
  policy: PolicyRef;
  target: Target;
}

type Input = { PolicyId: string; TargetId: string };

/** Policy and target are both asked about. */
function aboutPair(call: Call<AnyOperation>, input: Input, deps: OrgDeps) {
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

const changed = (input: Input) => ({ kind: 'attachment', objectId: `${input.TargetId}/${input.PolicyId}` });

function changeAttachment(
  call: AnyCall,
  deps: OrgDeps,
  { organization }: Found<Pair>,
  input: Input,
  work: (at: Changing, pair: PairNow) => Promise<void>,
) {
  return organizationChange(deps, call, organization, changed(input), async (at) => {
    const pair = await pairNow(at, input.PolicyId, input.TargetId);
    await work(at, pair);
    await requireBounds(at, pair);
    return undefined;
  });
}

export const attachPolicy = implement(AttachPolicy, {
  resolve: aboutPair,
  run: (call, input, standing, deps) =>
    changeAttachment(call, deps, standing, input, (at, pair) => addAttachment(at, pair, input.Mode ?? 'enforce')),
});

export const updatePolicyAttachment = implement(UpdatePolicyAttachment, {
  resolve: aboutPair,
  run: (call, input, standing, deps) =>
    changeAttachment(call, deps, standing, input, (at, pair) => changeMode(at, pair, input.Mode)),
});

export const detachPolicy = implement(DetachPolicy, {
  resolve: aboutPair,
  run: (call, input, standing, deps) => changeAttachment(call, deps, standing, input, removeAttachment),
});

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
