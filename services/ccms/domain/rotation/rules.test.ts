import { describe, expect, it } from 'vitest';
import { momentOf, readRules, windowAfter } from './rules.ts';
import { cancelled, claim, failed, hurried, operatorAct, prepared, type RotationRun, succeeded } from './run.ts';
import { laneOf, readStrategy, strategyColumn, targetProblem } from './strategy.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 5, 12);

describe('rules', () => {
  it.each([
    [{}, undefined],
    [{ AutomaticallyAfterDays: 3 }, { schedule: { kind: 'days', every: 3 } }],
    [
      { AutomaticallyAfterDays: 3, Duration: '2h' },
      { schedule: { kind: 'days', every: 3 }, durationMs: 7_200_000 },
    ],
    [{ ScheduleExpression: 'rate(5 hours)' }, { schedule: { kind: 'hours', every: 5 } }],
  ])('%j are read', (rules, expected) => expect(readRules(rules)).toEqual(expected));

  it.each([
    [{ AutomaticallyAfterDays: 3, ScheduleExpression: 'rate(3 days)' }],
    [{ ScheduleExpression: 'rate(1 hour)' }],
    [{ ScheduleExpression: 'at(noon)' }],
    [{ Duration: '2h' }],
    [{ AutomaticallyAfterDays: 3, Duration: '25h' }],
    [{ ScheduleExpression: 'rate(4 hours)', Duration: '5h' }],
  ])('%j are refused with the reason', (rules) => expect(readRules(rules)).toEqual({ problem: expect.any(String) }));

  it('draw a moment in the first half of the window, the same at every look and another one for another secret', () => {
    const clockwork = (secretId: string) => ({
      ...{ secretId, rules: '{"AutomaticallyAfterDays":1}', setAt: NOW },
      lastAt: undefined,
    });
    const moments = new Set<number>();
    for (let n = 0; n < 50; n++) {
      const one = clockwork(`secret-${n}`);
      const window = windowAfter(one, NOW);
      expect(window).toEqual({ startsAt: NOW + DAY / 2, endsAt: NOW + 1.5 * DAY });
      const moment = momentOf(one, window!);
      expect(moment).toBe(momentOf(one, window!));
      expect(moment).toBeGreaterThanOrEqual(window!.startsAt);
      expect(moment).toBeLessThan(window!.startsAt + DAY / 2);
      moments.add(moment);
    }
    expect(moments.size).toBe(50);
  });
});

describe('a run', () => {
  const runAfter = (...steps: ('create' | 'set' | 'test' | 'finish')[]): RotationRun => {
    const first = claim(prepared(NOW, NOW + DAY), 'node', NOW);
    let run = 'run' in first ? first.run : prepared(NOW, NOW);
    for (const step of steps) {
      const done = succeeded(run, run.fence, step, NOW, NOW + DAY);
      if ('run' in done) run = done.run;
    }
    return run;
  };

  it.each([
    ['before it has a value', runAfter(), 'ABANDONED'],
    ['when the target may know its value', runAfter('create'), 'FORGONE'],
    ['before its stage moves', runAfter('create', 'set', 'test'), 'FORGONE'],
  ])('is cancelled %s, and whoever holds it is nobody any more', (_when, run, state) => {
    const outcome = cancelled(run);
    expect(outcome).toMatchObject({ run: { state, failure: 'cancelled', fence: run.fence + 1, owner: undefined } });
    expect('run' in outcome && cancelled(outcome.run)).toEqual({ refused: 'ended' });
  });

  it('that has moved its stage is not cancelled: the old credential is still to be closed', () => {
    expect(cancelled(runAfter('create', 'set', 'test', 'finish'))).toEqual({ refused: 'not-this-step' });
  });

  it('ends its grace early for the next one, and only its grace', () => {
    const finished = runAfter('create', 'set', 'test', 'finish');
    expect(finished.nextAttemptAt).toBe(NOW + DAY);
    expect(hurried(finished, NOW)).toMatchObject({ run: { nextAttemptAt: NOW, state: 'FINISHED' } });
    expect(hurried(runAfter('create'), NOW)).toEqual({ refused: 'not-this-step' });
  });

  it.each(['function-failed', 'function-unreachable', 'value-unavailable', 'key-in-use', 'busy'] as const)(
    'is tried again after %s',
    (failure) => {
      const run = runAfter();
      expect(failed(run, run.fence, failure, NOW, 0.5)).toMatchObject({ run: { state: 'RETRY_WAIT', failure } });
    },
  );

  it.each(['access-denied', 'stage-moved', 'function-refused', 'no-room-for-key', 'admin-unreadable'] as const)(
    'stops at %s, with a way out',
    (failure) => {
      const run = runAfter();
      const stopped = failed(run, run.fence, failure, NOW, 0.5);
      expect(stopped).toMatchObject({ run: { state: 'FAILED', failure } });
      const verified = { pending: false, current: false };
      const context = { now: NOW, windowEndsAt: NOW + DAY, verified };
      expect('run' in stopped && operatorAct(stopped.run, 'resume', context)).toMatchObject({
        run: { state: 'PREPARED' },
      });
    },
  );
});

describe('a strategy', () => {
  it('is one text, and has one lane', () => {
    const strategy = { kind: 'target', targetId: 't', users: ['a', 'b'], ownerRole: 'o', graceMs: 1 } as const;
    expect(readStrategy(strategyColumn(strategy))).toEqual(strategy);
    expect(laneOf(strategy)).toBe('target/t');
  });

  it.each([
    ['postgres', { users: ['a', 'b'], ownerRole: 'o' }, undefined],
    ['postgres', { users: ['a', 'b'], ownerRole: 'b' }, /none of the Users/],
    ['postgres', { users: ['a', 'b'], ownerRole: 'o', grants: [] }, /MariaDB/],
    ['mariadb', { users: ['a', 'b'], grants: [] }, undefined],
    ['mariadb', { users: ['a', 'b'], grants: [], ownerRole: 'o' }, /PostgreSQL/],
    ['mariadb', { users: ['a', 'a'], grants: [] }, /two different/],
    ['redis', { users: ['a'], rules: [] }, undefined],
    ['redis', { users: ['a'], rules: [], testStatement: 'x' }, /TestStatement/],
    ['redis', { users: ['a'] }, /Rules/],
  ] as const)('at %s is %j', (engine, strategy, problem) => {
    const found = targetProblem(engine, strategy);
    if (problem === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(problem);
  });
});
