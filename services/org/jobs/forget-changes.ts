import type { Job } from '../../../platform/runtime/service.ts';
import type { OrgDeps } from '../deps.ts';

/** Entries of the change feed that stay. A node that is further behind reads the whole view. */
const KEPT = 10_000;
/** Ended turns of timed work stay for a day, for whoever looks into a failure. */
const ENDED_MS = 86_400_000;

/** Keeps the change feed and the table of jobs short. */
export const forgetChanges: Job<OrgDeps> = {
  name: 'org-forget-changes',
  everyMs: 3_600_000,
  async run(deps) {
    const version = await deps.store.currentVersion();
    await deps.store.transaction(async (tx) => {
      if (version > KEPT) await deps.store.pruneChanges(tx, version - KEPT);
      await deps.store.jobs.prune(tx, deps.clock.now() - ENDED_MS);
    });
  },
};
