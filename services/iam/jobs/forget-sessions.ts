/** Removes sessions that expired: nothing can come of them any more. */
import type { Job } from '../../../platform/runtime/service.ts';
import type { IamDeps } from '../deps.ts';
import { forgetSessions as forget } from '../store/sessions.ts';

/** Clocks of nodes differ a little: no session is removed that another node still takes for a live one. */
const KEEP_MS = 3_600_000;

export const forgetSessions: Job<IamDeps> = {
  name: 'iam-forget-sessions',
  everyMs: 10 * 60_000,
  async run(deps) {
    await deps.store.transaction((tx) => forget(tx, deps.clock.now() - KEEP_MS));
  },
};
