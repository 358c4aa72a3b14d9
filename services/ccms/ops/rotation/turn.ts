/**
 * One turn of a runner: what comes next for a rotation is found out, done, and written down (spec ccms 3.6.2). A
 * generator, so that it can be stopped at every point between two commits and effects: who does not ask for the next
 * point has let it crash there.
 */
import type { CcmsDeps } from '../../deps.ts';
import { DEFAULT_GRACE_MS, retireAt } from '../../domain/rotation/overlap.ts';
import type { RunRow } from '../../domain/rotation/rows.ts';
import { failed, fallenBack, type RotationStep, type RunFailure, succeeded } from '../../domain/rotation/run.ts';
import { readStrategy } from '../../domain/rotation/strategy.ts';
import { CURRENT, PENDING, PREVIOUS, stagesColumn } from '../../domain/stages.ts';
import { preparedChange } from '../secret-change.ts';
import type { Write } from '../write.ts';
import type { CommitMore, Committed, Journal } from './journal.ts';
import { editedRotation, rescheduled, rotationWrite } from './rotation-change.ts';
import { openRotator, type Rotator } from './rotator.ts';
import { overlapOf } from './start-run.ts';
import { failureOf } from './step-failure.ts';

export type Point = 'claimed' | 'decided' | 'held' | 'done' | 'value stored' | 'stage moved' | 'committed' | 'failed';

/** A secret that is written by others all the time is tried so often; then the step is done again. */
const TRIES = 5;

export async function* turn(deps: CcmsDeps, journal: Journal): AsyncGenerator<Point, void> {
  const { step, fence, guardWaived } = journal.run;
  if (step === undefined) return;
  yield 'claimed';
  let rotator: Rotator | undefined;
  try {
    rotator = await openRotator(deps, journal);
    const decision = await rotator.decide(step, guardWaived);
    yield 'decided';
    if ('wait' in decision) return void (await giveUp(deps, journal, fence, step, decision.wait));
    if ('fail' in decision) return void (await giveUp(deps, journal, fence, step, decision.fail));
    if (decision.do === 'set' && (step === 'test' || step === 'finish'))
      return void (await journal.commit((run) => fallenBack(run, fence, deps.clock.now())));

    // Whoever has lost its lease meanwhile must not touch the target any more.
    if ((await journal.beat(beforeEffect(journal, step))) !== 'done') return;
    yield 'held';
    await rotator.carryOut(decision.do, guardWaived);
    yield 'done';
    // A reset after the label has moved sets and says nothing: the next turn finds the value accepted.
    if (decision.do !== step) return;
    if (step === 'create') {
      await rotator.storeValue();
      yield 'value stored';
    }
    if (step === 'finish') {
      await rotator.moveStage();
      yield 'stage moved';
    }
    await settle(deps, journal, fence, step, rotator.hasGrace);
    yield 'committed';
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    await giveUp(deps, journal, fence, step, failure);
    yield 'failed';
  } finally {
    rotator?.close();
  }
}

/** Once AWSCURRENT has moved nothing tells where it was, so that is written down before. */
function beforeEffect({ secret, row }: Journal, step: RotationStep): Partial<RunRow> {
  if (step !== 'finish') return {};
  const holder = secret.stages.get(CURRENT);
  if (holder !== row.token) return holder === undefined ? {} : { outgoing: holder };
  // Moved already: by the turn that crashed, which wrote it down, or by hand.
  return { outgoing: row.outgoing ?? secret.stages.get(PREVIOUS) ?? null };
}

function giveUp(
  deps: CcmsDeps,
  journal: Journal,
  fence: number,
  step: RotationStep,
  failure: RunFailure,
): Promise<Committed> {
  const event = failure === 'out-of-sync' ? 'outOfSync' : 'failed';
  return journal.commit((run) => failed(run, fence, failure, deps.clock.now(), drawn(journal)), { event, step });
}

/** Jitter needs no secrecy, only that secrets of one target do not come back at the same moment. */
function drawn({ row }: Journal): number {
  return Number.parseInt(row.run_id.slice(-6), 16) / 2 ** 24;
}

/** The step is done: the journal says so, with what follows from it in the vault. */
async function settle(
  deps: CcmsDeps,
  journal: Journal,
  fence: number,
  step: RotationStep,
  hasGrace: boolean,
): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const now = deps.clock.now();
    const { graceMs = DEFAULT_GRACE_MS } = readStrategy(journal.row.strategy);
    const until = hasGrace ? retireAt(now, graceMs, await overlapOf(deps, journal.secret, now)) : now;
    const more = await consequences(deps, journal, step, now);
    if ((await journal.commit((run) => succeeded(run, fence, step, now, until), more)) !== 'conflict') return;
  }
}

async function consequences(deps: CcmsDeps, journal: Journal, step: RotationStep, now: number): Promise<CommitMore> {
  if (step === 'retire') return { event: 'retired', step };
  if (step === 'withdraw') return { event: 'abandoned', step, ...(await withoutPending(deps, journal, now)) };
  if (step !== 'finish') return { event: 'step', step };
  const pending = await withoutPending(deps, journal, now);
  const rotation = await deps.rotations.of(journal.secret.row.secret_id);
  const also: Write[] = [...pending.also];
  if (rotation)
    also.push(await rotationWrite(deps, rescheduled(editedRotation(rotation, { last_rotated_at: now }), now)));
  return { event: 'succeeded', step, columns: { finished_at: now }, also, after: pending.after };
}

/** AWS: the service itself takes AWSPENDING away at the end (spec ccms 3.3, R10). */
async function withoutPending(deps: CcmsDeps, journal: Journal, now: number) {
  const fresh = await deps.secrets.byId(journal.secret.row.secret_id);
  if (!fresh || fresh.stages.get(PENDING) !== journal.row.token) return { also: [], after: () => undefined };
  const stages = new Map(fresh.stages);
  stages.delete(PENDING);
  const { write, after } = await preparedChange(
    deps,
    fresh,
    { edit: { stages: stagesColumn(stages), changed_at: now } },
    now,
  );
  return { also: [write], after };
}
