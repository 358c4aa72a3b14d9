import type { Job } from '../../../platform/runtime/service.ts';
import type { CcmsDeps } from '../deps.ts';

/** Entries of the feed that stay. Whoever is further behind starts again. */
const KEPT = 100_000;

/** Keeps the feed of changes short. */
export const forgetChanges: Job<CcmsDeps> = {
  name: 'ccms-forget-changes',
  everyMs: 3_600_000,
  async run(deps) {
    const version = await deps.store.currentVersion();
    if (version > KEPT) await deps.store.transaction((tx) => deps.store.pruneChanges(tx, version - KEPT));
  },
};
