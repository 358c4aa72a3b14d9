/**
 * Rotations with everything that can go wrong at any moment, against a model of a database: runners that crash or stop
 * for a while, two of them at once, a target that comes and goes, operators, and somebody who changes passwords past
 * us.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_GRACE_MS, LEAST_OVERLAP_MS, rotationGate } from '../domain/rotation/overlap.ts';
import { hasEnded, isDue, type OperatorAct, operatorAct, prepared, waysOut } from '../domain/rotation/run.ts';
import { type Journal, type Surroundings, turn, wholeTurn } from './testing/journal.ts';
import { modelTarget } from './testing/model-target.ts';

const HOUR = 3_600_000;
const OVERLAPS = ['alternating-users', 'dual-password'] as const;

type Event =
  | { kind: 'rotate' }
  | { kind: 'crash'; owner: string; after: number }
  | { kind: 'pause'; owner: string; after: number }
  | { kind: 'continue' }
  | { kind: 'turns'; count: number }
  | { kind: 'outage' }
  | { kind: 'wait'; ms: number }
  | { kind: 'up'; up: boolean }
  | { kind: 'operator'; act: OperatorAct }
  | { kind: 'outsider'; user: string };

const owner = fc.constantFrom('one', 'two');
const after = fc.integer({ min: 0, max: 5 });
const ordinary: fc.Arbitrary<Event>[] = [
  fc.constant({ kind: 'rotate' } as const),
  fc.record({ kind: fc.constant('crash' as const), owner, after }),
  fc.record({ kind: fc.constant('crash' as const), owner, after: fc.constant(9) }),
  fc.record({ kind: fc.constant('pause' as const), owner, after }),
  fc.constant({ kind: 'continue' } as const),
  fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 6 }) }),
  // Longer than any rotation window.
  fc.constant({ kind: 'outage' } as const),
  fc.record({
    kind: fc.constant('wait' as const),
    ms: fc.constantFrom(1000, 31_000, LEAST_OVERLAP_MS, HOUR, 25 * HOUR),
  }),
  fc.record({ kind: fc.constant('up' as const), up: fc.boolean() }),
  fc.record({
    kind: fc.constant('operator' as const),
    act: fc.constantFrom<OperatorAct>('resume', 'adopt', 'abandon', 'reset'),
  }),
];
const interference = fc.record({ kind: fc.constant('outsider' as const), user: fc.constantFrom('a', 'b', 'app') });

function world(overlap: (typeof OVERLAPS)[number]) {
  let now = 1_800_000_000_000;
  let values = 0;
  const target = modelTarget(overlap);
  const journal: Journal = { run: undefined, labels: {}, lastFinishedAt: undefined, commits: 0 };
  const paused: AsyncGenerator<string, void>[] = [];
  const around: Surroundings = {
    now: () => now,
    random: () => 0.5,
    graceMs: DEFAULT_GRACE_MS,
    overlapMs: LEAST_OVERLAP_MS,
    newValue: (username) => ({ username, password: Buffer.from(`value-${++values}`) }),
  };
  const act = (what: OperatorAct) => {
    const { run, labels } = journal;
    if (run === undefined) return;
    const accepts = (name: 'pending' | 'current') => {
      const credential = labels[name];
      return target.up && credential !== undefined && target.accepts(credential);
    };
    const outcome = operatorAct(run, what, {
      now,
      windowEndsAt: now + HOUR,
      verified: { pending: accepts('pending'), current: accepts('current') },
    });
    if ('run' in outcome) journal.run = outcome.run;
  };
  const rotate = () => {
    const { run } = journal;
    const graceOpen = run?.step === 'retire';
    const gate = rotationGate({
      now,
      lastFinishedAt: journal.lastFinishedAt,
      unfinished: run !== undefined && !hasEnded(run) && !graceOpen,
      graceOpen,
      overlapMs: LEAST_OVERLAP_MS,
    });
    if (!gate.allowed) return;
    // Brought forward; the rotation itself begins when it is done.
    if (gate.retireFirst) journal.run = { ...run!, nextAttemptAt: Math.min(run!.nextAttemptAt, now) };
    // Fences go on rising over all the runs of a secret, as they do in one row.
    else journal.run = { ...prepared(now, now + HOUR), fence: (run?.fence ?? 0) + 1 };
  };
  const proceed = async (generator: AsyncGenerator<string, void>, points: number) => {
    for (let point = 0; point < points; point += 1) if ((await generator.next()).done) return;
  };
  const turns = async (count: number) => {
    for (let done = 0; done < count; done += 1) {
      const { run } = journal;
      if (run === undefined || hasEnded(run) || run.state === 'FAILED') return;
      if (!isDue(run, now) || now < run.leaseUntil) now = Math.max(now, run.nextAttemptAt, run.leaseUntil);
      await wholeTurn(journal, target, 'one', around);
    }
  };
  return {
    target,
    journal,
    around,
    act,
    rotate,
    later: (ms: number) => {
      now += ms;
    },
    async apply(event: Event) {
      if (event.kind === 'rotate') rotate();
      else if (event.kind === 'crash') await proceed(turn(journal, target, event.owner, around), event.after);
      else if (event.kind === 'pause') {
        const generator = turn(journal, target, event.owner, around);
        await proceed(generator, event.after);
        paused.push(generator);
      } else if (event.kind === 'continue') await proceed(paused.shift() ?? turn(journal, target, 'one', around), 9);
      else if (event.kind === 'turns') await turns(event.count);
      else if (event.kind === 'outage') {
        target.up = false;
        await turns(20);
        target.up = true;
      } else if (event.kind === 'wait') now += event.ms;
      else if (event.kind === 'up') target.up = event.up;
      else if (event.kind === 'operator') act(event.act);
      else target.outsider(event.user);
    },
    /** Nothing goes wrong any more: as many turns as it takes. */
    async settle() {
      target.up = true;
      await turns(50);
      const { run } = journal;
      if (run === undefined || hasEnded(run) || run.state === 'FAILED') return;
      throw new Error(`goes on for ever in ${journal.run?.state}`);
    },
  };
}

/** Through every state, whatever chance finds. */
const turnOnce: Event = { kind: 'turns', count: 1 };
const EXAMPLES: Event[][] = [
  [{ kind: 'rotate' }, turnOnce, turnOnce, turnOnce, turnOnce, turnOnce],
  [{ kind: 'rotate' }, { kind: 'up', up: false }, { kind: 'crash', owner: 'one', after: 9 }],
  [{ kind: 'rotate' }, turnOnce, { kind: 'outage' }, { kind: 'operator', act: 'abandon' }, turnOnce],
];

const INTERFERENCE: Event[] = [
  { kind: 'turns', count: 5 },
  { kind: 'rotate' },
  turnOnce,
  { kind: 'outsider', user: 'a' },
  { kind: 'outsider', user: 'b' },
  { kind: 'outsider', user: 'app' },
];

const RUNS = Number(process.env.PARAPET_FUZZ_CASES ?? 20) * 100;

describe.each(OVERLAPS)('a rotation by %s', (overlap) => {
  it('keeps the current credential working whatever crashes, and succeeds in the end', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...ordinary), { maxLength: 60 }), async (events) => {
        const w = world(overlap);
        w.rotate();
        await w.apply({ kind: 'turns', count: 5 });
        for (const event of events) {
          await w.apply(event);
          reached.add(`${w.journal.run?.state}`);
          const { current } = w.journal.labels;
          if (current !== undefined) expect(w.target.accepts(current), JSON.stringify(w.journal.run)).toBe(true);
        }
        await w.settle();
        if (w.journal.run?.state === 'FAILED') {
          expect(waysOut(w.journal.run)).toContain('resume');
          w.act('resume');
          await w.settle();
        }
        expect(['RETIRED', 'ABANDONED']).toContain(w.journal.run?.state);
        const { current, previous, pending } = w.journal.labels;
        if (current !== undefined) expect(w.target.accepts(current)).toBe(true);
        // What is not current any more is closed.
        if (w.journal.run?.state === 'RETIRED')
          expect(previous !== undefined && w.target.accepts(previous)).toBe(false);
        else expect(pending).toBeUndefined();
      }),
      { numRuns: RUNS, examples: EXAMPLES.map((events): [Event[]] => [events]) },
    );
    expect([...reached].sort()).toEqual([
      'ABANDONED',
      'ABANDONING',
      'CREATED',
      'FAILED',
      'FINISHED',
      'PREPARED',
      'RETIRED',
      'RETRY_WAIT',
      'SET',
      'TESTED',
    ]);
  });

  it('lets a runner that has lost its lease do nothing more at the target', async () => {
    const w = world(overlap);
    const turns = (count: number) => w.apply({ kind: 'turns', count });
    for (let rotations = 0; rotations < 2; rotations += 1) {
      w.rotate();
      await turns(4);
      if (rotations === 0) await turns(1);
      w.later(DEFAULT_GRACE_MS);
    }
    expect(w.journal.run?.state).toBe('FINISHED');
    // It has looked, and is about to retire the credential of the first rotation.
    await w.apply({ kind: 'pause', owner: 'two', after: 2 });
    await turns(1);
    expect(w.journal.run?.state).toBe('RETIRED');
    w.rotate();
    await turns(4);
    const current = w.journal.labels.current!;
    await w.apply({ kind: 'continue' });
    expect(w.target.accepts(current)).toBe(true);
  });

  it('ends in a named state with a way out when somebody changes passwords past us', async () => {
    let outOfSync = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...ordinary, interference), { maxLength: 60 }), async (events) => {
        const w = world(overlap);
        w.rotate();
        for (const event of events) await w.apply(event);
        await w.settle();
        for (let acts = 0; acts < 3 && w.journal.run?.state === 'FAILED'; acts += 1) {
          const { run } = w.journal;
          expect(run.failure).toBeDefined();
          if (run.failure === 'out-of-sync') outOfSync += 1;
          w.act(waysOut(run).includes('reset') ? 'reset' : waysOut(run).includes('forgo') ? 'forgo' : 'resume');
          await w.settle();
        }
        expect(['RETIRED', 'ABANDONED', 'FORGONE']).toContain(w.journal.run?.state);
      }),
      { numRuns: RUNS, examples: [[INTERFERENCE]] },
    );
    expect(outOfSync).toBeGreaterThan(0);
  });
});
