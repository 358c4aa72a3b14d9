import { RollBackApply } from '../../api/landing-zone/applies.ts';
import { makeUndoPlan } from '../../domain/landing-zone/plan.ts';
import { type ApplyRow, applyById, lastSucceededBefore } from '../../store/landing-zone/applies.ts';
import { readLive, readRecords } from '../../store/landing-zone/live.ts';
import { insertPlan, type PlanRow, planById } from '../../store/landing-zone/plans.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { inOrganization } from '../standing.ts';
import { productActions } from './context.ts';
import { readBody, showPlan, storePlan } from './stored-plan.ts';

interface Applied {
  apply: ApplyRow;
  plan: PlanRow;
}

/** Going back is a plan that is looked at and applied like any other. */
export const rollBackApply = implement(RollBackApply, {
  resolve: (call, input, deps) =>
    inOrganization<Applied>(call, deps, async ({ organization }) => {
      const { organization_id } = organization;
      const apply = await applyById(deps.store.read, organization_id, input.ApplyId);
      const plan = apply && (await planById(deps.store.read, organization_id, apply.plan_id));
      return {
        targets: [{ resource: '*' }],
        state: { apply, plan } as Applied,
        absent:
          apply && plan
            ? undefined
            : call.fail('ApplyNotFound', `apply ${input.ApplyId} does not exist in the organization`),
      };
    }),
  async run(call, _input, { organization, found: { apply, plan } }, deps) {
    if (apply.state === 'RUNNING')
      throw call.fail('ApplyInProgress', `apply ${apply.apply_id} is running`, { hint: 'wait for its end' });
    const { organization_id } = organization;
    const { live, records, earlier } = await deps.store.snapshot(async (view) => ({
      live: await readLive(view, organization),
      records: await readRecords(view, organization_id),
      earlier: await lastSucceededBefore(view, organization_id, apply.apply_id),
    }));
    const body = readBody(plan);
    const back = makeUndoPlan(body.undo, live, records, { limits: deps.limits, actions: productActions() });
    const before = earlier && (await planById(deps.store.read, organization_id, earlier.plan_id));
    const stored = storePlan(deps, organization_id, call, {
      plan: back,
      name: before?.name ?? plan.name,
      document: before?.document ?? '',
      approvals: 1,
      accessRole: body.accessRole,
    });
    return plainChange(deps, call, organization, stored.row.plan_id, async ({ tx }) => {
      await insertPlan(tx, stored.row, stored.steps);
      return { Plan: showPlan(stored.row, stored.body) };
    });
  },
});
