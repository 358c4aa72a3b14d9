import { describe, expect, it } from 'vitest';
import { isTransient, TARGET_FAILURE_CODES } from './failures.ts';
import {
  claim,
  failed,
  fallenBack,
  HEARTBEAT_MS,
  hasEnded,
  heartbeat,
  isDue,
  LEASE_MS,
  type Outcome,
  operatorAct,
  prepared,
  type RotationRun,
  type RotationStep,
  succeeded,
  waysOut,
} from './run.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const fresh = () => prepared(NOW, NOW + HOUR);

function run(outcome: Outcome): RotationRun {
  if ('refused' in outcome) throw new Error(outcome.refused);
  return outcome.run;
}

function reached(...steps: RotationStep[]): RotationRun {
  return steps.reduce((state, step) => run(succeeded(state, state.fence, step, NOW, NOW + 24 * HOUR)), fresh());
}

const failedAt = (...steps: RotationStep[]) => {
  const state = reached(...steps);
  return run(failed(state, state.fence, 'permission-missing', NOW, 0));
};
const context = (pending: boolean, current: boolean) => ({
  now: NOW,
  windowEndsAt: NOW + HOUR,
  verified: { pending, current },
});

describe('a run', () => {
  it('goes from step to step, and no other way', () => {
    const order: RotationStep[] = ['create', 'set', 'test', 'finish', 'retire'];
    for (let done = 0; done <= order.length; done += 1) {
      const state = reached(...order.slice(0, done));
      expect(state.step).toBe(order[done]);
      for (const step of [...order, 'withdraw'] as const)
        if (step !== order[done])
          expect(succeeded(state, state.fence, step, NOW)).toEqual({ refused: 'not-this-step' });
    }
    expect(reached(...order)).toMatchObject({ state: 'RETIRED', step: undefined });
    expect(hasEnded(reached(...order))).toBe(true);
  });

  it('retires only when the grace is over', () => {
    const state = reached('create', 'set', 'test', 'finish');
    expect(claim(state, 'one', NOW + 24 * HOUR - 1)).toEqual({ refused: 'not-due' });
    expect(claim(state, 'one', NOW + 24 * HOUR)).toMatchObject({ run: { fence: 1 } });
  });

  it('is held by one runner, until its lease runs out', () => {
    const held = run(claim(fresh(), 'one', NOW));
    expect(claim(held, 'two', NOW + LEASE_MS - 1)).toEqual({ refused: 'held' });
    const renewed = run(heartbeat(held, held.fence, NOW + HEARTBEAT_MS));
    expect(claim(renewed, 'two', NOW + LEASE_MS)).toEqual({ refused: 'held' });
    const taken = run(claim(renewed, 'two', NOW + HEARTBEAT_MS + LEASE_MS));
    for (const late of [
      heartbeat(taken, held.fence, NOW),
      succeeded(taken, held.fence, 'create', NOW),
      failed(taken, held.fence, 'timeout', NOW, 0),
      fallenBack(taken, held.fence, NOW),
    ])
      expect(late).toEqual({ refused: 'fenced' });
  });

  it('waits longer each time, with jitter, and gives up when the window closes', () => {
    const delays: number[][] = [];
    for (const random of [0, 0.999999]) {
      let state: RotationRun = prepared(NOW, NOW + 10 * HOUR);
      let now = NOW;
      const waited: number[] = [];
      while (state.state !== 'FAILED') {
        state = run(failed(state, state.fence, 'unreachable', now, random));
        if (state.state === 'FAILED') break;
        expect(isDue(state, state.nextAttemptAt - 1)).toBe(false);
        waited.push(Math.round((state.nextAttemptAt - now) / 1000));
        now = state.nextAttemptAt;
      }
      expect(state.failure).toBe('window-closed');
      delays.push(waited.slice(0, 6));
    }
    expect(delays).toEqual([
      [8, 48, 240, 720, 2880, 2880],
      [12, 72, 360, 1080, 4320, 4320],
    ]);
  });

  it.each(TARGET_FAILURE_CODES)('after %s waits if waiting may help, and otherwise stops at once', (code) => {
    const state = run(failed(fresh(), 0, code, NOW, 0.5));
    expect(state.state).toBe(isTransient(code) ? 'RETRY_WAIT' : 'FAILED');
    expect(state.failure).toBe(code);
  });

  it('is told the value again when the target has forgotten it, and only before consumers have it', () => {
    expect(run(fallenBack(reached('create', 'set'), 0, NOW))).toMatchObject({ state: 'CREATED', step: 'set' });
    expect(run(fallenBack(reached('create', 'set', 'test'), 0, NOW))).toMatchObject({ state: 'CREATED', step: 'set' });
    expect(fallenBack(reached('create', 'set', 'test', 'finish'), 0, NOW)).toEqual({ refused: 'not-this-step' });
  });
});

describe('a run that failed', () => {
  it('goes on with the same step and a new fence', () => {
    const state = failedAt('create', 'set');
    expect(run(operatorAct(state, 'resume', context(false, false)))).toMatchObject({
      state: 'SET',
      step: 'test',
      attempt: 0,
      failure: undefined,
      fence: state.fence + 1,
    });
  });

  it('is adopted only when the pending value works, and abandoned only when the current one does', () => {
    const state = failedAt('create');
    expect(operatorAct(state, 'adopt', context(false, true))).toEqual({ refused: 'not-verified' });
    expect(operatorAct(state, 'abandon', context(true, false))).toEqual({ refused: 'not-verified' });
    expect(run(operatorAct(state, 'adopt', context(true, false)))).toMatchObject({ state: 'SET' });
    // A value the target may have heard of is closed there before it is forgotten here.
    expect(run(operatorAct(state, 'abandon', context(false, true)))).toMatchObject({
      state: 'ABANDONING',
      step: 'withdraw',
    });
    expect(run(operatorAct(failedAt(), 'abandon', context(false, false)))).toMatchObject({ state: 'ABANDONED' });
  });

  it('cannot be abandoned once consumers have the value', () => {
    const state = failedAt('create', 'set', 'test', 'finish');
    expect(waysOut(state)).toEqual(['resume', 'reset', 'forgo']);
    expect(operatorAct(state, 'abandon', context(true, true))).toEqual({ refused: 'not-in-this-state' });
    expect(run(operatorAct(state, 'forgo', context(false, false)))).toMatchObject({
      state: 'FORGONE',
      step: undefined,
      failure: 'permission-missing',
    });
  });

  it('waives the guard for one setting only', () => {
    const reset = run(operatorAct(failedAt('create', 'set'), 'reset', context(false, false)));
    expect(reset).toMatchObject({ state: 'CREATED', guardWaived: true });
    expect(run(succeeded(reset, reset.fence, 'set', NOW)).guardWaived).toBe(false);
  });

  it('always has a way out, and a run that did not fail needs none', () => {
    const order = ['create', 'set', 'test', 'finish'] as const;
    for (let done = 0; done <= order.length; done += 1) {
      expect(waysOut(failedAt(...order.slice(0, done)))).toContain('resume');
      expect(waysOut(reached(...order.slice(0, done)))).toEqual([]);
    }
  });
});
