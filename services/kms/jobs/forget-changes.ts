import type { Job } from '../../../platform/runtime/service.ts';
import type { KmsDeps } from '../deps.ts';

/** Entries of the change feed that stay. A node that is further behind starts from nothing. */
const KEPT = 10_000;

/** Keeps the change feed short. */
export const forgetChanges: Job<KmsDeps> = {
  name: 'kms-forget-changes',
  everyMs: 3_600_000,
  async run(deps) {
    const version = await deps.store.currentVersion();
    if (version > KEPT) await deps.store.transaction((tx) => deps.store.pruneChanges(tx, version - KEPT));
  },
};
