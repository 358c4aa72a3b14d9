/** Shapes of plans, applies and drift. */
import {
  AccountId,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  structure,
  text,
  timestamp,
} from '../../../../platform/contract/shape.ts';

export const PlanId = text(20, 40, { pattern: /^lzp-[0-9a-f-]{16,36}$/ });
export const ApplyId = text(20, 40, { pattern: /^lza-[0-9a-f-]{16,36}$/ });
export const Sha256 = text(64, 64, { pattern: /^[0-9a-f]{64}$/ });
/** The landing zone as YAML or JSON. Kept with the plan; the record keeps its length. */
export const Document = text(1, 900_000, { audit: 'length' });
export const Risk = oneOf(['safe', 'narrowing', 'widening', 'destructive']);
const Words = text(0, 4000);
/** Of the file, or `@` and an id. */
const ObjectKey = text(1, 140);
const count = integer(0, 1_000_000);
export const Position = integer(0, 1_000_000);

export const Issue = annotate(structure({ Code: text(1, 64), Key: ObjectKey, Message: Words }), { title: 'PlanIssue' });

/** How the ceilings of some accounts change. Lists of actions are cut; the counts are not. */
export const CeilingChange = annotate(
  structure({
    Accounts: list(ObjectKey, 0, 20),
    AccountCount: count,
    /** Not possible any more. */
    Denied: list(text(1, 128), 0, 50),
    DeniedCount: count,
    /** Only under conditions, or on some resources. */
    Restricted: list(text(1, 128), 0, 50),
    RestrictedCount: count,
    /** Less restricted than before. */
    Opened: list(text(1, 128), 0, 50),
    OpenedCount: count,
  }),
  { title: 'CeilingChange' },
);

export const Plan = annotate(
  structure({
    PlanId,
    /** Of everything the plan does; an apply names it, so that what was looked at is what is done. */
    Sha256,
    Name: text(1, 64),
    /** Of the organization the plan was made against. */
    Revision: integer(0, Number.MAX_SAFE_INTEGER),
    CreatedAt: timestamp(),
    CreatedBy: text(1, 2048),
    ExpiresAt: timestamp(),
    /** The gravest of its steps. */
    Risk,
    /** Steps an apply will do. */
    StepCount: count,
    StepsByRisk: structure({ Safe: count, Narrowing: count, Widening: count, Destructive: count }),
    /** Named by the file and not done by any step. */
    UnsupportedCount: count,
    /** False: the conflicts have to be settled first. */
    Applicable: flag(),
    ConflictCount: count,
    Conflicts: list(Issue, 0, 100),
    WarningCount: count,
    Warnings: list(Issue, 0, 100),
    CeilingCount: count,
    Ceilings: list(CeilingChange, 0, 50),
    /** Persons it takes: with 2, who made the plan may not apply it. */
    Approvals: integer(1, 2),
  }),
  { title: 'LandingZonePlan' },
);

export const STEP_STATES = ['PENDING', 'WAITING', 'DONE', 'FAILED', 'UNSUPPORTED'] as const;

export const Step = annotate(
  structure({
    Position,
    /** What it does, `together` for several acts in one commit, `unsupported` for what no operation can do yet. */
    Kind: text(1, 40),
    Risk,
    Summary: Words,
  }),
  { title: 'PlanStep' },
);

export const ApplyStep = annotate(
  structure({ ...Step.shape, State: oneOf(STEP_STATES), At: timestamp().optional(), Detail: Words.optional() }),
  { title: 'ApplyStep' },
);

export const Apply = annotate(
  structure({
    ApplyId,
    PlanId,
    State: oneOf(['RUNNING', 'SUCCEEDED', 'FAILED']),
    StepCount: count,
    Done: count,
    StartedAt: timestamp(),
    EndedAt: timestamp().optional(),
    AppliedBy: text(1, 2048),
    AccountId,
    /** The step that could not be done, and why; ResumeApply tries it again. */
    Failure: structure({ Position, Code: text(1, 64), Message: Words }).optional(),
  }),
  { title: 'LandingZoneApply' },
);

export const DRIFT_TYPES = [
  'POLICY_UPDATED',
  'POLICY_DELETED',
  'POLICY_ATTACHED_ROOT',
  'POLICY_ATTACHED_OU',
  'POLICY_ATTACHED_ACCOUNT',
  'POLICY_DETACHED_ROOT',
  'POLICY_DETACHED_OU',
  'POLICY_DETACHED_ACCOUNT',
  'ACCOUNT_MOVED',
  'ACCOUNT_REMOVED',
  'ACCOUNT_ADDED',
  'ACCOUNT_CHANGED',
  'OU_RENAMED',
  'OU_MOVED',
  'OU_DELETED',
  'OU_ADDED',
  'DELEGATE_CHANGED',
  'TYPE_DISABLED',
] as const;

export const Drift = annotate(
  structure({
    Type: oneOf(DRIFT_TYPES),
    Key: ObjectKey,
    ResourceId: text(1, 300),
    Expected: Words,
    Found: Words,
    /** Who changed it last, when, and by which operation; absent when no record of it is left. */
    Actor: text(1, 2048).optional(),
    At: timestamp().optional(),
    Operation: text(1, 64).optional(),
    /** Of the audit record. */
    EventId: text(1, 64).optional(),
    Fix: Words,
  }),
  { title: 'Drift' },
);

export const EXAMPLE_ID = {
  plan: 'lzp-0193a4c2-7d1e-7b3a-9f00-1c2d3e4f5a6b',
  apply: 'lza-0193a4c2-7d1e-7b3a-9f00-1c2d3e4f5a6b',
} as const;
