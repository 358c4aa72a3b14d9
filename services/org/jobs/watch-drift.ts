/** Looks for drift every five minutes and says so once, and forgets old plans and notes. */
import type { Job } from '../../../platform/runtime/service.ts';
import type { OrgDeps } from '../deps.ts';
import { driftOf } from '../domain/landing-zone/drift.ts';
import { forgetNotes } from '../store/change-notes.ts';
import { readLive, readRecords } from '../store/landing-zone/live.ts';
import { forgetPlans } from '../store/landing-zone/plans.ts';
import { theOrganization } from '../store/organization.ts';

const DAY_MS = 86_400_000;
const NOTES_KEPT_MS = 400 * DAY_MS;

export const watchDrift: Job<OrgDeps> = {
  name: 'org-watch-drift',
  everyMs: 300_000,
  async run(deps) {
    const now = deps.clock.now();
    await deps.store.transaction(async (tx) => {
      await forgetPlans(tx, now);
      await forgetNotes(tx, now - NOTES_KEPT_MS);
    });
    const drift = await deps.store.snapshot(async (view) => {
      const organization = await theOrganization(view);
      if (!organization) return [];
      const records = await readRecords(view, organization.organization_id);
      return records.length === 0 ? [] : driftOf(await readLive(view, organization), records);
    });
    if (drift.length === 0) return;
    const types = [...new Set(drift.map(({ type }) => type))];
    deps.log.warn({ drift: drift.length, types }, 'the organization differs from its landing zone');
  },
};
