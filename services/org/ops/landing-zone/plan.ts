import { DescribePlan, PlanLandingZone } from '../../api/landing-zone/plans.ts';
import type { OrgDeps } from '../../deps.ts';
import { desiredOf } from '../../domain/landing-zone/desired.ts';
import { type ReadResult, readLandingZone } from '../../domain/landing-zone/file/landing-zone.ts';
import { limitsOf } from '../../domain/landing-zone/file/limits.ts';
import { makePlan, type Plan } from '../../domain/landing-zone/plan.ts';
import { readLive, readRecords } from '../../store/landing-zone/live.ts';
import { insertPlan, type PlanRow, planById, planSteps } from '../../store/landing-zone/plans.ts';
import { plainChange } from '../changes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type AnyCall, inOrganization, wholeOrganization } from '../standing.ts';
import { guardrailLibrary, productActions } from './context.ts';
import { showPlan, showStep, storePlan } from './stored-plan.ts';

const FILE = 'landing-zone.yaml';
const MAX_FINDINGS = 200;

type WholeLandingZone = Required<Pick<ReadResult, 'landingZone' | 'written'>> & ReadResult;

/** Throws with every fault of the document. */
function readOrFail(call: AnyCall, deps: OrgDeps, document: string): WholeLandingZone {
  const read = readLandingZone({
    main: FILE,
    files: new Map([[FILE, document]]),
    library: guardrailLibrary(),
    limits: deps.limits,
  });
  if (read.landingZone && read.written) return read as WholeLandingZone;
  const [missing] = read.missing;
  if (missing !== undefined)
    throw call.fail('InvalidLandingZone', `the document names the file ${missing}, which was not sent`, {
      hint: 'parapet lz plan puts files in their places; or write the document of the policy itself',
    });
  const errors = read.findings.filter(({ severity }) => severity === 'error');
  throw call.fail(
    'InvalidLandingZone',
    `the landing zone has ${errors.length} fault${errors.length === 1 ? '' : 's'}`,
    {
      details: {
        findings: errors
          .slice(0, MAX_FINDINGS)
          .map(({ code, message, pointer, line, column }) => ({ code, message, pointer, line, column })),
      },
    },
  );
}

export const planLandingZone = implement(PlanLandingZone, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, { organization }, deps) {
    const { landingZone, ceilings, written } = readOrFail(call, deps, input.Document);
    const { organization_id } = organization;
    const { live, records } = await deps.store.snapshot(async (view) => ({
      live: await readLive(view, organization),
      records: await readRecords(view, organization_id),
    }));
    const plan = makePlan(desiredOf(landingZone, ceilings, dayOf(call.now)), live, records, {
      prefer: input.Prefer,
      allowProtected: input.AllowProtected === true,
      limits: limitsOf(landingZone, deps.limits),
      actions: productActions(),
    });
    const { settings } = landingZone;
    warnOfRegions(plan, settings.allowedRegions, deps.settings.region);
    const stored = storePlan(deps, organization_id, call, {
      plan,
      name: landingZone.metadata.name,
      document: JSON.stringify(written),
      approvals: needsTwo(plan, settings) ? 2 : 1,
      accessRole: settings.accessRole.name,
    });
    return plainChange(deps, call, organization, stored.row.plan_id, async ({ tx }) => {
      await insertPlan(tx, stored.row, stored.steps);
      return { Plan: showPlan(stored.row, stored.body) };
    });
  },
});

function dayOf(now: number): string {
  return new Date(now).toISOString().slice(0, 10);
}

function warnOfRegions({ warnings }: Plan, allowed: readonly string[] | undefined, region: string): void {
  if (allowed === undefined || allowed.includes(region)) return;
  warnings.push({
    code: 'region',
    key: 'root',
    message: `this installation is region ${region}, which is not among the allowed regions`,
  });
}

function needsTwo({ steps }: Plan, settings: { approvals: number; protected: readonly string[] }): boolean {
  if (settings.approvals < 2) return false;
  const isProtected = (ref: string) => settings.protected.includes(ref.split('.')[0] as string);
  return steps.some(
    ({ risk, acts }) =>
      risk === 'destructive' ||
      (risk === 'widening' &&
        acts.some((act) => Object.values(act).some((value) => typeof value === 'string' && isProtected(value)))),
  );
}

export const describePlan = implement(DescribePlan, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async ({ organization }) => {
      const row = await planById(deps.store.read, organization.organization_id, input.PlanId);
      return {
        targets: [{ resource: '*' }],
        state: row as PlanRow,
        absent: row ? undefined : call.fail('PlanNotFound', `plan ${input.PlanId} does not exist in the organization`),
      };
    }),
  async run(call, input, { found }, deps) {
    const page = openPage(deps, call, input, input.PlanId);
    const from = page.range.after === undefined ? 0 : Number(page.range.after) + 1;
    const rows = await planSteps(deps.store.read, found.plan_id, from, page.range.limit);
    const { rows: shown, output } = closePage(deps, page, rows, ({ position }) => String(position));
    return { Plan: showPlan(found), Steps: shown.map(({ position, body }) => showStep(position, body)), ...output };
  },
});
