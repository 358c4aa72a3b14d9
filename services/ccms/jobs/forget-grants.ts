/** Grants that ended stay listed for a while, for whoever reviews them; then they are forgotten. */
import type { Job } from '../../../platform/runtime/service.ts';
import type { CcmsDeps } from '../deps.ts';
import { ENDED_KEPT_MS } from '../domain/limits.ts';
import { forgetGrants as forget } from '../store/grant-queries.ts';

export const forgetGrants: Job<CcmsDeps> = {
  name: 'ccms-forget-grants',
  everyMs: 3_600_000,
  async run(deps) {
    await deps.store.transaction((tx) => forget(tx, deps.clock.now() - ENDED_KEPT_MS));
  },
};
