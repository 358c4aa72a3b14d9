/**
 * A plan: what would be done, in which order, how dangerous each step is, and what stands in the way. Everything in it
 * is data, so that it can be kept, shown, hashed and applied later, on this node or another.
 */
import { createHash } from 'node:crypto';
import { type Act, perform } from './acts.ts';
import { bindRecords } from './bind.ts';
import { type CeilingChange, ceilingChanges } from './ceiling-change.ts';
import { type DecideOptions, type Decision, decide } from './decide/decide.ts';
import type { Issue } from './decide/draft.ts';
import { describeStep } from './describe.ts';
import type { Desired, Unsupported } from './desired.ts';
import type { LandingZoneLimits } from './file/limits.ts';
import { type AppliedRecord, type LiveOrganization, modelOf, type RecordChange } from './live.ts';
import { cloneModel, type Model, type Ref, ROOT } from './model.ts';
import { orderSteps } from './order/order.ts';
import { stepIssues } from './quotas.ts';
import { recordsOf } from './records.ts';
import { graver, type Risk, RiskJudge } from './risk.ts';
import { goBack, type Undo, undoOf } from './undo.ts';

export interface Step {
  /** Of its act, `together` for several in one commit, `record` for what is remembered only. */
  kind: Act['kind'] | 'together' | 'record';
  risk: Risk;
  summary: string;
  acts: Act[];
  records: RecordChange[];
}

export interface Plan {
  revision: number;
  steps: Step[];
  risk: Risk;
  conflicts: Issue[];
  warnings: Issue[];
  unsupported: Unsupported[];
  ceilings: CeilingChange[];
  /** Ids of what exists and is named in the steps. */
  ids: Record<Ref, string>;
  /** Of everything the steps touch, by id, as it was: whoever changes it makes the plan stale. */
  base: Record<string, string>;
  undo: Undo;
}

export interface PlanOptions extends DecideOptions {
  limits: LandingZoneLimits;
  /** What the summary of ceilings is about. */
  actions: readonly string[];
}

export function makePlan(
  desired: Desired,
  live: LiveOrganization,
  remembered: readonly AppliedRecord[],
  options: PlanOptions,
): Plan {
  return planBetween(decide(desired, live, remembered, options), live, desired.unsupported, options);
}

/** Back to what an apply has found. */
export function makeUndoPlan(
  undo: Undo,
  live: LiveOrganization,
  remembered: readonly AppliedRecord[],
  options: Pick<PlanOptions, 'limits' | 'actions'>,
): Plan {
  const binding = bindRecords(remembered, live);
  const before = modelOf(live, binding.refOf);
  const decision: Decision = { before, after: goBack(before, undo), binding, records: [], conflicts: [], warnings: [] };
  return planBetween(decision, live, [], options);
}

function planBetween(
  decision: Decision,
  live: LiveOrganization,
  unsupported: readonly Unsupported[],
  options: Pick<PlanOptions, 'limits' | 'actions'>,
): Plan {
  const { before, after, conflicts, warnings } = decision;
  const { steps, issues } = walk(before, orderSteps(before, after, options.limits), options.limits);
  if (decision.records.length > 0) steps.unshift(recordStep(decision.records));
  return {
    revision: live.revision,
    steps,
    risk: steps.reduce<Risk>((risk, step) => graver(risk, step.risk), 'safe'),
    conflicts: [...conflicts, ...issues],
    warnings,
    unsupported: [...unsupported],
    ceilings: steps.length === 0 ? [] : ceilingChanges(before, after, options.actions),
    ...touchedBy(steps, decision, live),
  };
}

/** Goes through the steps as an apply will, measuring each. */
function walk(before: Model, ordered: readonly Act[][], limits: LandingZoneLimits) {
  const model = cloneModel(before);
  const judge = new RiskJudge();
  const issues = new Map<string, Issue>();
  const steps = ordered.map((acts): Step => {
    let risk: Risk = 'safe';
    for (const act of acts) {
      risk = graver(risk, judge.judge(model, act));
      perform(model, act);
      judge.done(act);
    }
    for (const issue of stepIssues(model, acts, limits)) issues.set(`${issue.key} ${issue.message}`, issue);
    return {
      kind: acts.length === 1 ? (acts[0] as Act).kind : 'together',
      risk,
      summary: describeStep(acts),
      acts: [...acts],
      records: acts.flatMap(recordsOf),
    };
  });
  return { steps, issues: [...issues.values()] };
}

function recordStep(records: RecordChange[]): Step {
  const named = records.filter(({ patch }) => patch).length;
  const forgotten = records.length - named;
  const words = [
    ...(named > 0 ? [`take note of ${named === 1 ? 'one object as it is' : `${named} objects as they are`}`] : []),
    ...(forgotten > 0 ? [`forget ${forgotten}`] : []),
  ];
  return { kind: 'record', risk: 'safe', summary: words.join(', '), acts: [], records };
}

function touchedBy(
  steps: readonly Step[],
  { before, after, binding }: Decision,
  live: LiveOrganization,
): Pick<Plan, 'ids' | 'base' | 'undo'> {
  const refs = new Set(
    steps.flatMap(({ acts, records }) => [...acts.flatMap(refsOf), ...records.flatMap(({ key }) => key.split(' '))]),
  );
  const ids: Record<Ref, string> = {};
  for (const ref of refs) {
    const id = binding.idOf.get(ref);
    if (id !== undefined) ids[ref] = id;
  }
  const named = new Set(
    [...refs].map((ref) => (ref === ROOT ? live.rootId : ref.startsWith('@') ? ref.slice(1) : (ids[ref] ?? ref))),
  );
  const base = Object.fromEntries(fingerprints(live, named));
  const services = new Set(steps.flatMap(({ acts }) => acts.flatMap((act) => ('service' in act ? [act.service] : []))));
  return { ids, base, undo: undoOf(before, after, { refs, services }) };
}

/** References an act changes. Where something moves to, and what is attached there, may change meanwhile. */
export function refsOf(act: Act): Ref[] {
  const refs: Ref[] = [];
  if ('unit' in act) refs.push(act.unit);
  if ('account' in act) refs.push(act.account);
  if ('policy' in act) refs.push(act.policy);
  if ('target' in act) refs.push(act.target);
  if ('parent' in act) refs.push(act.parent);
  if ('to' in act && (act.kind === 'move-unit' || act.kind === 'move-account')) refs.push(act.to);
  return refs;
}

/** Of each object as it is, by id, with what is attached to it. */
export function fingerprints(live: LiveOrganization, ids: ReadonlySet<string>): Map<string, string> {
  const attached = new Map<string, string[]>();
  for (const { targetId, policyId, mode } of live.attachments) {
    if (!ids.has(targetId)) continue;
    const held = attached.get(targetId);
    if (held) held.push(`${policyId} ${mode}`);
    else attached.set(targetId, [`${policyId} ${mode}`]);
  }
  const objects = [{ id: live.rootId }, ...live.units, ...live.accounts, ...live.policies].filter(({ id }) =>
    ids.has(id),
  );
  return new Map(
    objects.map((object) => {
      const parts = [sorted(object), attached.get(object.id)?.sort() ?? []];
      return [object.id, hash(JSON.stringify(parts)).slice(0, 16)];
    }),
  );
}

function sorted(object: object): unknown {
  return Object.entries(object)
    .map(([name, value]) => [name, typeof value === 'object' && value !== null ? sorted(value) : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
