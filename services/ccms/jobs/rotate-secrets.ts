/** Begins the rotations that are due by their schedules, and carries on those that are under way. */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import type { CcmsDeps } from '../deps.ts';
import { scheduleRotation } from '../ops/rotation/schedule-rotations.ts';
import { type DueRotation, listDueRotations } from '../store/rotation-queries.ts';

const BATCH = 100;

export const rotateSecrets: Job<CcmsDeps> = {
  name: 'ccms-rotate-secrets',
  everyMs: 2_000,
  async run(deps) {
    const now = deps.clock.now();
    for (let after: DueRotation | undefined; ; ) {
      const due = await listDueRotations(deps.store.read, now, after, BATCH);
      for (const { secret_id } of due) await scheduleOrReport(deps, secret_id);
      after = due.at(-1);
      if (due.length < BATCH) break;
    }
    // Not waited for: a target that does not answer must not hold up other timed work.
    await deps.runner.dispatch(deps);
  },
};

async function scheduleOrReport(deps: CcmsDeps, secretId: string): Promise<void> {
  try {
    await scheduleRotation(deps, secretId);
  } catch (error) {
    // A row that does not verify stays as it is, for the investigation.
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ secretId, err: error.message }, 'secret is not rotated');
  }
}
