/** What carries the steps of a strategy out. Every method may be called again after a crash, and ends the same. */

import type { CcmsDeps } from '../../deps.ts';
import type { Decision, ProbedLabel } from '../../domain/rotation/recovery.ts';
import type { RotationStep } from '../../domain/rotation/run.ts';
import { readStrategy } from '../../domain/rotation/strategy.ts';
import { openFunctionRotator } from './function-rotator.ts';
import type { Journal } from './journal.ts';
import { openKeyRotator } from './key-rotator.ts';
import { openTargetRotator } from './target-rotator.ts';

export type NextStep = Exclude<Decision, { ask: ProbedLabel }>;

export interface Rotator {
  /** Whether the outgoing credential goes on working for a while, and is closed then. */
  readonly hasGrace: boolean;
  /** What is to be done, by what the target says. */
  decide(step: RotationStep, guardWaived: boolean): Promise<NextStep>;
  /** The effect at the target. */
  carryOut(step: RotationStep, guardWaived: boolean): Promise<void>;
  /** After `create`: the pending version has its value. */
  storeValue(): Promise<void>;
  /** After `finish`: AWSCURRENT is on the version of the run. */
  moveStage(): Promise<void>;
  /** For the acts of an operator: what the target accepts now. */
  accepts(): Promise<{ pending: boolean; current: boolean }>;
  /** Wipes what was read. */
  close(): void;
}

/** Rejects with `StepFailure` or `ServiceError`. */
export async function openRotator(deps: CcmsDeps, journal: Pick<Journal, 'row' | 'secret'>): Promise<Rotator> {
  const strategy = readStrategy(journal.row.strategy);
  const subject = { deps, secret: journal.secret, row: journal.row };
  if (strategy.kind === 'target') return openTargetRotator(subject, strategy);
  if (strategy.kind === 'function') return openFunctionRotator(subject, strategy);
  return openKeyRotator(subject, strategy);
}
