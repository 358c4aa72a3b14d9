/** A plan as it is kept: what it rests on, and a hash over everything it will do. */
import type { OutputOf } from '../../../../platform/contract/operation.ts';
import type { DescribePlan } from '../../api/landing-zone/plans.ts';
import type { OrgDeps } from '../../deps.ts';
import type { CeilingChange } from '../../domain/landing-zone/ceiling-change.ts';
import type { Issue } from '../../domain/landing-zone/decide/draft.ts';
import { hash, type Plan, type Step } from '../../domain/landing-zone/plan.ts';
import type { Risk } from '../../domain/landing-zone/risk.ts';
import type { Undo } from '../../domain/landing-zone/undo.ts';
import type { PlanRow } from '../../store/landing-zone/plans.ts';

type ShownPlan = OutputOf<typeof DescribePlan>['Plan'];

/** Everything of a plan but its steps. */
export interface PlanBody {
  risk: Risk;
  stepCount: number;
  byRisk: Record<Risk, number>;
  unsupported: number;
  conflicts: Issue[];
  warnings: Issue[];
  ceilings: CeilingChange[];
  ids: Plan['ids'];
  base: Plan['base'];
  undo: Undo;
  approvals: 1 | 2;
  /** Role that the management account reaches new accounts by. */
  accessRole: string;
}

export interface NewPlan {
  plan: Plan;
  name: string;
  /** JSON of the landing zone; empty: none is in force afterwards. */
  document: string;
  approvals: 1 | 2;
  accessRole: string;
}

const LIFE_MS = 24 * 3_600_000;

export function storePlan(
  deps: OrgDeps,
  organizationId: string,
  { caller, now }: { caller: { arn: string }; now: number },
  { plan, name, document, approvals, accessRole }: NewPlan,
): { row: PlanRow; steps: string[]; body: PlanBody } {
  const { steps, unsupported, conflicts, warnings, ceilings, ids, base, undo, risk, revision } = plan;
  const byRisk: Record<Risk, number> = { safe: 0, narrowing: 0, widening: 0, destructive: 0 };
  for (const step of steps) byRisk[step.risk]++;
  const body: PlanBody = {
    risk,
    stepCount: steps.length,
    byRisk,
    unsupported: unsupported.length,
    conflicts,
    warnings,
    ceilings,
    ids,
    base,
    undo,
    approvals,
    accessRole,
  };
  const written = [...steps, ...unsupported.map(unsupportedStep)].map((step) => JSON.stringify(step));
  const text = JSON.stringify(body);
  return {
    body,
    steps: written,
    row: {
      plan_id: `lzp-${deps.ids.uuidv7()}`,
      organization_id: organizationId,
      name,
      sha256: hash([organizationId, String(revision), document, text, ...written].join('\n')),
      revision,
      document,
      body: text,
      created_by: caller.arn,
      created_at: now,
      expires_at: now + LIFE_MS,
    },
  };
}

type StoredStep = Omit<Step, 'kind'> & { kind: Step['kind'] | 'unsupported' };

function unsupportedStep({ section, key, what }: Plan['unsupported'][number]): StoredStep {
  return { kind: 'unsupported', risk: 'safe', summary: `${section} ${key}: ${what}`, acts: [], records: [] };
}

export const readBody = (row: PlanRow) => JSON.parse(row.body) as PlanBody;
export const readStep = (body: string) => JSON.parse(body) as StoredStep;

const SHOWN = 100;

export function showPlan(row: PlanRow, body = readBody(row)): ShownPlan {
  return {
    PlanId: row.plan_id,
    Sha256: row.sha256,
    Name: row.name,
    Revision: row.revision,
    CreatedAt: row.created_at,
    CreatedBy: row.created_by,
    ExpiresAt: row.expires_at,
    Risk: body.risk,
    StepCount: body.stepCount,
    StepsByRisk: {
      Safe: body.byRisk.safe,
      Narrowing: body.byRisk.narrowing,
      Widening: body.byRisk.widening,
      Destructive: body.byRisk.destructive,
    },
    UnsupportedCount: body.unsupported,
    Applicable: body.conflicts.length === 0,
    ConflictCount: body.conflicts.length,
    Conflicts: body.conflicts.slice(0, SHOWN).map(showIssue),
    WarningCount: body.warnings.length,
    Warnings: body.warnings.slice(0, SHOWN).map(showIssue),
    CeilingCount: body.ceilings.length,
    Ceilings: body.ceilings.slice(0, 50).map(showCeilings),
    Approvals: body.approvals,
  };
}

function showIssue({ code, key, message }: Issue) {
  return { Code: code, Key: key, Message: message };
}

function showCeilings({ accounts, denied, restricted, opened }: CeilingChange) {
  return {
    Accounts: accounts.slice(0, 20),
    AccountCount: accounts.length,
    Denied: denied.slice(0, 50),
    DeniedCount: denied.length,
    Restricted: restricted.slice(0, 50),
    RestrictedCount: restricted.length,
    Opened: opened.slice(0, 50),
    OpenedCount: opened.length,
  };
}

export function showStep(position: number, body: string) {
  const { kind, risk, summary } = readStep(body);
  return { Position: position, Kind: kind, Risk: risk, Summary: summary.slice(0, 4000) };
}
