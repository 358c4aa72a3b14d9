/**
 * A rotation as a journal entry (spec ccms 3.6.2). Each state says what is known to be done; the step is what comes
 * next. One commit before and one after each effect, so a crash leaves the state of before, and `recovery.ts` finds
 * out from the target what has happened.
 *
 * ```
 * PREPARED -create-> CREATED -set-> SET -test-> TESTED -finish-> FINISHED -(grace) retire-> RETIRED
 *   a step fails for now: RETRY_WAIT, then the same step; for good, or the window closes: FAILED
 *   FAILED: resume | adopt | abandon (ABANDONING -withdraw-> ABANDONED) | reset | forgo (FORGONE)
 * ```
 *
 * INVARIANT: nothing before `finish` touches the current credential, and nothing after it the new one.
 */
import type { OPERATOR_ACTS, ROTATION_STATES, ROTATION_STEPS } from '../../api/rotation-names.ts';
import { mayPass, type RunFailure } from './failures.ts';

export type { RunFailure } from './failures.ts';

export type RotationStep = (typeof ROTATION_STEPS)[number];

const NEXT_STEP = {
  PREPARED: 'create',
  CREATED: 'set',
  SET: 'test',
  TESTED: 'finish',
  FINISHED: 'retire',
  ABANDONING: 'withdraw',
} as const satisfies Record<string, RotationStep>;

const DONE = {
  create: 'CREATED',
  set: 'SET',
  test: 'TESTED',
  finish: 'FINISHED',
  retire: 'RETIRED',
  withdraw: 'ABANDONED',
} as const satisfies Record<RotationStep, string>;

type Advancing = keyof typeof NEXT_STEP;
/** RETIRED: all done. ABANDONED: the new value is gone. FORGONE: ended, but a credential that should not work may. */
type Ended = 'RETIRED' | 'ABANDONED' | 'FORGONE';
export type RotationState = (typeof ROTATION_STATES)[number];

export interface RotationRun {
  readonly state: RotationState;
  /** What comes next; in RETRY_WAIT and FAILED what did not succeed; undefined at the end. */
  readonly step: RotationStep | undefined;
  /** Failures of this step in a row. */
  readonly attempt: number;
  /** Not before; in FINISHED the end of the grace. */
  readonly nextAttemptAt: number;
  readonly windowEndsAt: number;
  readonly failure: RunFailure | undefined;
  /** An administrator has said that the current credential need not log in before the target is changed. */
  readonly guardWaived: boolean;
  /** Rises with every claim and every act of an operator: who holds an older one is nobody any more. */
  readonly fence: number;
  readonly owner: string | undefined;
  readonly leaseUntil: number;
}

export const LEASE_MS = 30_000;
export const HEARTBEAT_MS = 10_000;

export type Outcome = { readonly run: RotationRun } | { readonly refused: Refusal };
export type Refusal = 'ended' | 'held' | 'fenced' | 'not-due' | 'not-this-step' | 'not-in-this-state' | 'not-verified';

export function prepared(now: number, windowEndsAt: number): RotationRun {
  return {
    state: 'PREPARED',
    step: 'create',
    attempt: 0,
    nextAttemptAt: now,
    windowEndsAt,
    failure: undefined,
    guardWaived: false,
    fence: 0,
    owner: undefined,
    leaseUntil: 0,
  };
}

export function hasEnded(run: RotationRun): boolean {
  return run.step === undefined;
}

/** Whether a runner has something to do. */
export function isDue(run: RotationRun, now: number): boolean {
  return !hasEnded(run) && run.state !== 'FAILED' && now >= run.nextAttemptAt;
}

/** One runner at a time; to be written by compare-and-set on the fence. */
export function claim(run: RotationRun, owner: string, now: number): Outcome {
  if (hasEnded(run)) return { refused: 'ended' };
  if (!isDue(run, now)) return { refused: 'not-due' };
  if (run.owner !== undefined && run.owner !== owner && now < run.leaseUntil) return { refused: 'held' };
  return { run: { ...run, owner, fence: run.fence + 1, leaseUntil: now + LEASE_MS } };
}

export function heartbeat(run: RotationRun, fence: number, now: number): Outcome {
  return run.fence === fence ? { run: { ...run, leaseUntil: now + LEASE_MS } } : { refused: 'fenced' };
}

/** @param retireAt end of the grace; for `finish` only */
export function succeeded(
  run: RotationRun,
  fence: number,
  step: RotationStep,
  now: number,
  retireAt?: number,
): Outcome {
  if (run.fence !== fence) return { refused: 'fenced' };
  if (run.step !== step || run.state === 'FAILED') return { refused: 'not-this-step' };
  const state = DONE[step];
  return {
    run: {
      ...run,
      state,
      step: state in NEXT_STEP ? NEXT_STEP[state as Advancing] : undefined,
      attempt: 0,
      nextAttemptAt: step === 'finish' ? (retireAt ?? now) : now,
      failure: undefined,
      guardWaived: step === 'set' ? false : run.guardWaived,
    },
  };
}

/** The target has forgotten what it was told (restored, failed over): told again, with the same value. */
export function fallenBack(run: RotationRun, fence: number, now: number): Outcome {
  if (run.fence !== fence) return { refused: 'fenced' };
  if (run.step !== 'test' && run.step !== 'finish') return { refused: 'not-this-step' };
  return { run: { ...run, state: 'CREATED', step: 'set', nextAttemptAt: now } };
}

const RETRY_DELAYS_MS = [10_000, 60_000, 300_000, 900_000, 3_600_000];
const JITTER = 0.2;

/** @param random from 0 to 1, 1 excluded */
export function failed(run: RotationRun, fence: number, failure: RunFailure, now: number, random: number): Outcome {
  if (run.fence !== fence) return { refused: 'fenced' };
  if (run.step === undefined || run.state === 'FAILED') return { refused: 'not-in-this-state' };
  const attempt = run.attempt + 1;
  const stop = (named: RunFailure): Outcome => ({
    run: { ...run, state: 'FAILED', attempt, failure: named, owner: undefined, leaseUntil: 0 },
  });
  if (!mayPass(failure)) return stop(failure);
  const delay = RETRY_DELAYS_MS[Math.min(attempt, RETRY_DELAYS_MS.length) - 1]!;
  const nextAttemptAt = now + Math.round(delay * (1 - JITTER + 2 * JITTER * random));
  // The window bounds what consumers see; closing the old credential has no window.
  const windowed = run.step !== 'retire' && run.step !== 'withdraw';
  if (windowed && nextAttemptAt > run.windowEndsAt) return stop('window-closed');
  return {
    run: { ...run, state: 'RETRY_WAIT', attempt, nextAttemptAt, failure, owner: undefined, leaseUntil: 0 },
  };
}

/** An unfinished rotation is given up as it is; what the target was told stays there. */
export function cancelled(run: RotationRun): Outcome {
  if (hasEnded(run)) return { refused: 'ended' };
  if (run.step === 'retire') return { refused: 'not-this-step' };
  const state = run.step === 'create' ? 'ABANDONED' : 'FORGONE';
  return {
    run: {
      ...run,
      state,
      step: undefined,
      failure: 'cancelled',
      fence: run.fence + 1,
      owner: undefined,
      leaseUntil: 0,
    },
  };
}

/** The grace ends now: the place of the outgoing credential is needed. */
export function hurried(run: RotationRun, now: number): Outcome {
  if (run.step !== 'retire' || run.state === 'FAILED') return { refused: 'not-this-step' };
  return { run: { ...run, nextAttemptAt: Math.min(run.nextAttemptAt, now) } };
}

/** What an operator may do with a run that failed. */
export type OperatorAct = (typeof OPERATOR_ACTS)[number];

const WAYS_OUT: Readonly<Record<RotationStep, readonly OperatorAct[]>> = {
  create: ['resume', 'abandon'],
  set: ['resume', 'adopt', 'abandon', 'reset'],
  test: ['resume', 'adopt', 'abandon', 'reset'],
  finish: ['resume', 'adopt', 'abandon', 'reset'],
  retire: ['resume', 'reset', 'forgo'],
  withdraw: ['resume', 'forgo'],
};

export function waysOut(run: RotationRun): readonly OperatorAct[] {
  return run.state === 'FAILED' && run.step !== undefined ? WAYS_OUT[run.step] : [];
}

export interface OperatorContext {
  readonly now: number;
  /** Of the window the run goes on in. */
  readonly windowEndsAt: number;
  /** What a probe has just shown. */
  readonly verified: { readonly pending: boolean; readonly current: boolean };
}

export function operatorAct(run: RotationRun, act: OperatorAct, context: OperatorContext): Outcome {
  if (!waysOut(run).includes(act)) return { refused: 'not-in-this-state' };
  const step = run.step!;
  const again = (state: Advancing | Ended, more: Partial<RotationRun> = {}): Outcome => ({
    run: {
      ...run,
      state,
      step: state in NEXT_STEP ? NEXT_STEP[state as Advancing] : undefined,
      attempt: 0,
      nextAttemptAt: context.now,
      windowEndsAt: context.windowEndsAt,
      failure: state === 'FORGONE' ? run.failure : undefined,
      fence: run.fence + 1,
      owner: undefined,
      leaseUntil: 0,
      ...more,
    },
  });
  switch (act) {
    case 'resume':
      return again(BEFORE[step]);
    case 'adopt':
      // Tested once more all the same: whoever adopted it looked at one endpoint.
      return context.verified.pending ? again('SET') : { refused: 'not-verified' };
    case 'abandon':
      // Without a value nothing was told to the target.
      if (step === 'create') return again('ABANDONED');
      return context.verified.current ? again('ABANDONING') : { refused: 'not-verified' };
    case 'reset':
      return again(step === 'retire' ? 'FINISHED' : 'CREATED', { guardWaived: true });
    case 'forgo':
      return again('FORGONE');
  }
}

const BEFORE = {
  create: 'PREPARED',
  set: 'CREATED',
  test: 'SET',
  finish: 'TESTED',
  retire: 'FINISHED',
  withdraw: 'ABANDONING',
} as const satisfies Record<RotationStep, Advancing>;
