import { type Change, change } from '../../../../platform/runtime/call.ts';
import { isUniqueViolation } from '../../../../platform/store/index.ts';
import { ApplyPlan, ResumeApply } from '../../api/landing-zone/applies.ts';
import type { OrgDeps } from '../../deps.ts';
import type { Act } from '../../domain/landing-zone/acts.ts';
import { fingerprints } from '../../domain/landing-zone/plan.ts';
import type { OrganizationRow, Tx } from '../../store/db.ts';
import { type ApplyRow, applyById, insertApply, reopenApply, runningApply } from '../../store/landing-zone/applies.ts';
import { readLive } from '../../store/landing-zone/live.ts';
import { type PlanRow, planById, planSteps } from '../../store/landing-zone/plans.ts';
import { lockOrganization } from '../../store/organization.ts';
import { implement } from '../implement.ts';
import { type AnyCall, inOrganization, type Standing } from '../standing.ts';
import type { Applier } from './do-step.ts';
import { questionsOf } from './permissions.ts';
import { showApply } from './show-apply.ts';
import { type PlanBody, readBody, readStep } from './stored-plan.ts';

interface Work {
  plan: PlanRow;
  body: PlanBody;
  apply?: ApplyRow;
}

async function actsOf(deps: OrgDeps, plan: PlanRow, body: PlanBody, from: number): Promise<Act[]> {
  const rows = await planSteps(deps.store.read, plan.plan_id, from, body.stepCount - from);
  return rows.flatMap((row) => readStep(row.body).acts);
}

async function aboutPlan(deps: OrgDeps, standing: Standing, plan: PlanRow, from: number) {
  const body = readBody(plan);
  const acts = await actsOf(deps, plan, body, from);
  return { body, questions: await questionsOf(deps, standing, body, acts) };
}

export const applyPlan = implement(ApplyPlan, {
  resolve: (call, input, deps) =>
    inOrganization<Work>(call, deps, async (standing) => {
      const plan = await planById(deps.store.read, standing.organization.organization_id, input.PlanId);
      if (!plan)
        return {
          targets: [{ resource: '*' }],
          state: undefined as never,
          absent: call.fail('PlanNotFound', `plan ${input.PlanId} does not exist in the organization`),
        };
      const { body, questions } = await aboutPlan(deps, standing, plan, 0);
      return { targets: [{ resource: '*' }, ...questions], state: { plan, body } };
    }),
  async run(call, input, { organization, found: { plan, body } }, deps) {
    requireApplicable(call, plan, body, input.Sha256);
    await requireCurrent(call, deps, organization, body);
    const apply: ApplyRow = {
      apply_id: `lza-${deps.ids.uuidv7()}`,
      organization_id: organization.organization_id,
      plan_id: plan.plan_id,
      state: 'RUNNING',
      total: body.stepCount,
      done: 0,
      caller: JSON.stringify(applierOf(call)),
      request_id: call.origin.requestId,
      started_at: call.now,
      ended_at: null,
      failure: null,
    };
    return begin(deps, organization, apply, async (tx) => {
      const running = await runningApply(tx, organization.organization_id);
      if (running) throw busy(call, running.apply_id);
      await insertOrBusy(call, insertApply(tx, apply));
      return { Apply: showApply(apply) };
    });
  },
});

function requireApplicable(call: AnyCall, plan: PlanRow, body: PlanBody, sha256: string): void {
  const no = (message: string, hint: string) => call.fail('PlanNotApplicable', message, { hint });
  if (plan.sha256 !== sha256) throw no('it is not the plan that was looked at', 'DescribePlan tells its SHA-256');
  if (call.now >= plan.expires_at)
    throw call.fail('PlanExpired', 'the plan is older than 24 hours', { hint: 'make another one' });
  if (body.conflicts.length > 0)
    throw no(
      `the plan has ${body.conflicts.length} conflicts`,
      'settle them in the file, or plan with Prefer or AllowProtected',
    );
  if (body.approvals > 1 && plan.created_by === call.caller.arn)
    throw no('the plan needs a second person', 'somebody else than who made it has to apply it');
}

/** Whoever changed something the plan is about made it stale; what it is not about may change. */
async function requireCurrent(
  call: AnyCall,
  deps: OrgDeps,
  organization: OrganizationRow,
  body: PlanBody,
): Promise<void> {
  const live = await deps.store.snapshot((view) => readLive(view, organization));
  const prints = fingerprints(live, new Set(Object.keys(body.base)));
  const first = Object.keys(body.base).find((id) => prints.get(id) !== body.base[id]);
  if (first === undefined) return;
  throw call.fail('PlanStale', `${first} was changed since the plan was made`, { hint: 'make another plan' });
}

function applierOf({ caller, origin }: AnyCall): Applier {
  return { caller, sourceIp: origin.sourceIp, userAgent: origin.userAgent };
}

function busy(call: AnyCall, applyId: string) {
  return call.fail('ApplyInProgress', `apply ${applyId} is running`, { hint: 'DescribeApply tells how far it is' });
}

async function insertOrBusy(call: AnyCall, write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (isUniqueViolation(error)) throw busy(call, 'of somebody else');
    throw error;
  }
}

function begin<T>(
  deps: OrgDeps,
  organization: OrganizationRow,
  apply: ApplyRow,
  work: (tx: Tx) => Promise<T>,
): Change<T> {
  return change(
    async (tx) => {
      await lockOrganization(tx as Tx, organization.organization_id);
      return work(tx as Tx);
    },
    () => deps.applies.start(deps, apply),
  );
}

export const resumeApply = implement(ResumeApply, {
  resolve: (call, input, deps) =>
    inOrganization<Work & { apply: ApplyRow }>(call, deps, async (standing) => {
      const { organization_id } = standing.organization;
      const apply = await applyById(deps.store.read, organization_id, input.ApplyId);
      const plan = apply && (await planById(deps.store.read, organization_id, apply.plan_id));
      if (!apply || !plan)
        return {
          targets: [{ resource: '*' }],
          state: undefined as never,
          absent: call.fail('ApplyNotFound', `apply ${input.ApplyId} does not exist in the organization`),
        };
      const { body, questions } = await aboutPlan(deps, standing, plan, apply.done);
      return { targets: [{ resource: '*' }, ...questions], state: { plan, body, apply } };
    }),
  run(call, _input, { organization, found: { apply } }, deps) {
    const resumed: ApplyRow = {
      ...apply,
      state: 'RUNNING',
      ended_at: null,
      failure: null,
      caller: JSON.stringify(applierOf(call)),
    };
    return begin(deps, organization, resumed, async (tx) => {
      const running = await runningApply(tx, organization.organization_id);
      if (running) throw busy(call, running.apply_id);
      if (!(await reopenApply(tx, apply.apply_id, resumed.caller)))
        throw call.fail('ApplyNotResumable', `apply ${apply.apply_id} is ${apply.state}`, {
          hint: 'only an apply that stopped at a step goes on',
        });
      return { Apply: showApply(resumed) };
    });
  },
});
