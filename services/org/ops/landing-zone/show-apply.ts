import type { OutputOf } from '../../../../platform/contract/operation.ts';
import { DescribeApply, ListApplies } from '../../api/landing-zone/applies.ts';
import { type ApplyRow, applyById, journalOf, listApplies as listRows } from '../../store/landing-zone/applies.ts';
import { planSteps } from '../../store/landing-zone/plans.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { inOrganization, wholeOrganization } from '../standing.ts';
import type { Applier } from './do-step.ts';
import { readStep, showStep } from './stored-plan.ts';

type Shown = OutputOf<typeof DescribeApply>;

export function showApply(row: ApplyRow): Shown['Apply'] {
  const { caller } = JSON.parse(row.caller) as Applier;
  const failure =
    row.failure === null ? undefined : (JSON.parse(row.failure) as { position: number; code: string; message: string });
  return {
    ApplyId: row.apply_id,
    PlanId: row.plan_id,
    State: row.state,
    StepCount: row.total,
    Done: row.done,
    StartedAt: row.started_at,
    ...(row.ended_at !== null && { EndedAt: row.ended_at }),
    AppliedBy: caller.arn,
    AccountId: caller.accountId,
    ...(failure && { Failure: { Position: failure.position, Code: failure.code, Message: failure.message } }),
  };
}

export const describeApply = implement(DescribeApply, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async ({ organization }) => {
      const row = await applyById(deps.store.read, organization.organization_id, input.ApplyId);
      return {
        targets: [{ resource: '*' }],
        state: row as ApplyRow,
        absent: row
          ? undefined
          : call.fail('ApplyNotFound', `apply ${input.ApplyId} does not exist in the organization`),
      };
    }),
  async run(call, input, { found }, deps) {
    const page = openPage(deps, call, input, input.ApplyId);
    const from = page.range.after === undefined ? 0 : Number(page.range.after) + 1;
    const rows = await planSteps(deps.store.read, found.plan_id, from, page.range.limit);
    const { rows: shown, output } = closePage(deps, page, rows, ({ position }) => String(position));
    const entries = await journalOf(deps.store.read, found.apply_id, from, page.range.limit);
    const journal = new Map(entries.map((entry) => [entry.position, entry]));
    const Steps = shown.map(({ position, body }): Shown['Steps'][number] => {
      const entry = journal.get(position);
      const unsupported = readStep(body).kind === 'unsupported';
      return {
        ...showStep(position, body),
        State: unsupported ? 'UNSUPPORTED' : (entry?.state ?? 'PENDING'),
        ...(entry && { At: entry.at }),
        ...(entry?.state === 'FAILED' && entry.detail !== null && { Detail: entry.detail }),
      };
    });
    return { Apply: showApply(found), Steps, ...output };
  },
});

export const listApplies = implement(ListApplies, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, { organization }, deps) {
    const page = openPage(deps, call, input);
    const found = await listRows(deps.store.read, organization.organization_id, page.range);
    const { rows, output } = closePage(deps, page, found, (row) => row.apply_id);
    return { Applies: rows.map(showApply), ...output };
  },
});
