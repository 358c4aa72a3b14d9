/**
 * A journal in memory and a runner that can be stopped, for good or for a while, at every point between two commits
 * and effects. The runner is a generator: who does not ask for the next point has let it crash there.
 */

import { retireAt } from '../../domain/rotation/overlap.ts';
import {
  claim,
  failed,
  fallenBack,
  heartbeat,
  type Outcome,
  type RotationRun,
  type RunFailure,
  succeeded,
} from '../../domain/rotation/run.ts';
import { carryOut, type LabelledCredentials, nextStep } from '../carry-out.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, RotationTarget } from '../port.ts';

export interface Journal {
  run: RotationRun | undefined;
  labels: LabelledCredentials;
  lastFinishedAt: number | undefined;
  commits: number;
}

export interface Surroundings {
  now(): number;
  random(): number;
  readonly graceMs: number;
  readonly overlapMs: number;
  newValue(username: string): Credential;
}

/** The compare-and-set of the database. */
function commit(
  journal: Journal,
  fence: number,
  outcome: Outcome,
  labels?: LabelledCredentials,
): RotationRun | undefined {
  if (journal.run?.fence !== fence || 'refused' in outcome) return undefined;
  journal.run = outcome.run;
  if (labels !== undefined) journal.labels = labels;
  journal.commits += 1;
  return outcome.run;
}

export async function* turn(
  journal: Journal,
  target: RotationTarget,
  owner: string,
  around: Surroundings,
): AsyncGenerator<string, void> {
  if (journal.run === undefined) return;
  const run = commit(journal, journal.run.fence, claim(journal.run, owner, around.now()));
  if (run?.step === undefined) return;
  const { fence, step } = run;
  const labels = journal.labels;
  const give = (failure: RunFailure) =>
    commit(journal, fence, failed(run, fence, failure, around.now(), around.random()));
  yield 'claimed';

  const decision = await nextStep(target, step, labels, run.guardWaived);
  yield 'decided';
  if ('wait' in decision) return void give(decision.wait);
  if ('fail' in decision) return void give(decision.fail);
  if (decision.do === 'set' && (step === 'test' || step === 'finish'))
    return void commit(journal, fence, fallenBack(run, fence, around.now()));

  // Whoever has lost its lease meanwhile must not touch the target any more.
  if (commit(journal, fence, heartbeat(run, fence, around.now())) === undefined) return;
  try {
    // With two passwords on one user nobody knows which of them opened a session.
    const sessions = target.overlap === 'dual-password' ? 'keep' : 'end';
    await carryOut(target, decision.do, labels, { guardWaived: run.guardWaived, sessions });
  } catch (error) {
    if (!(error instanceof TargetFailure)) throw error;
    yield 'failed';
    return void give(error.code);
  }
  yield 'done at the target';
  // A reset after the label has moved sets and says nothing: the next turn finds the value accepted.
  if (decision.do !== step) return;
  const now = around.now();
  const { pending, ...settled } = labels;
  const after: LabelledCredentials =
    step === 'create'
      ? { ...labels, pending: around.newValue(target.usernameAfter(labels.current?.username)) }
      : step === 'finish' && pending !== undefined
        ? { current: pending, ...(labels.current && { previous: labels.current }) }
        : step === 'withdraw'
          ? settled
          : labels;
  const done = commit(
    journal,
    fence,
    succeeded(run, fence, step, now, retireAt(now, around.graceMs, around.overlapMs)),
    after,
  );
  if (done !== undefined && step === 'finish') journal.lastFinishedAt = now;
  yield 'committed';
}

/** One turn from beginning to end. */
export async function wholeTurn(
  journal: Journal,
  target: RotationTarget,
  owner: string,
  around: Surroundings,
): Promise<void> {
  for await (const _ of turn(journal, target, owner, around));
}
