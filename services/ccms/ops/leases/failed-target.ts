/** What somebody is told whose request needed a target that did not do it. */
import type { ServiceError } from '../../../../platform/contract/error.ts';
import { failureHint } from '../../domain/leases/failure-hints.ts';
import type { AnyCall } from '../secret-access.ts';
import { TargetUnusable } from './dynamic-access.ts';

/** Anything that is not the matter of the target passes. */
export function targetFailed(call: AnyCall, error: unknown): unknown {
  if (!(error instanceof TargetUnusable)) return error;
  const failed: ServiceError = call.fail('TargetFailed' as never, error.message, {
    hint: failureHint(error.failure),
    details: { reason: error.failure },
  });
  return failed;
}
