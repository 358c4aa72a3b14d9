/** Why a step did not succeed, by name. */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { RunFailure } from '../../domain/rotation/failures.ts';
import { TargetFailure } from '../../targets/failure.ts';

export class StepFailure extends Error {
  override readonly name = 'StepFailure';
  readonly code: RunFailure;

  constructor(code: RunFailure) {
    super(code);
    this.code = code;
  }
}

/** Undefined: an error of ours, which is not the journal's business. */
export function failureOf(error: unknown): RunFailure | undefined {
  if (error instanceof StepFailure || error instanceof TargetFailure) return error.code;
  if (!(error instanceof ServiceError)) return undefined;
  // What a role may not do, it may not do at the next attempt either: somebody has to change that first.
  return error.code === 'AccessDenied' ? 'access-denied' : 'value-unavailable';
}
