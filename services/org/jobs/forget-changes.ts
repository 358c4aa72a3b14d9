import type { Job } from '../../../platform/runtime/service.ts';
import type { OrgDeps } from '../deps.ts';

/** Entries of the change feed that stay. Nodes follow the revision alone and read the whole view. */
const KEPT = 10_000;

/** Keeps the change feed short. */
export const forgetChanges: Job<OrgDeps> = {
  name: 'org-forget-changes',
  everyMs: 3_600_000,
  async run(deps) {
    const version = await deps.store.currentVersion();
    if (version > KEPT) await deps.store.transaction((tx) => deps.store.pruneChanges(tx, version - KEPT));
  },
};
