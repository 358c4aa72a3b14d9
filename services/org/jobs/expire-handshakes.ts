/** Writes down which invitations the clock has ended, and forgets those that ended a year ago. */
import type { Job } from '../../../platform/runtime/service.ts';
import type { OrgDeps } from '../deps.ts';
import { expireHandshakes as expire, forgetHandshakes } from '../store/handshakes.ts';

const YEAR_MS = 365 * 86_400_000;

export const expireHandshakes: Job<OrgDeps> = {
  name: 'org-expire-handshakes',
  everyMs: 60_000,
  async run(deps) {
    const now = deps.clock.now();
    await deps.store.transaction(async (tx) => {
      await expire(tx, now);
      await forgetHandshakes(tx, now - YEAR_MS);
    });
  },
};
