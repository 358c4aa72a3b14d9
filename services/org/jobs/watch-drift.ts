/**
 * Looks for drift as often as the landing zone says and warns of it, so that a difference nobody asked about is in the
 * log. Who asks (`DescribeDrift`) sees it with the commit that made it.
 */
import type { Job } from '../../../platform/runtime/service.ts';
import type { OrgDeps } from '../deps.ts';
import { driftOf } from '../domain/landing-zone/drift.ts';
import { durationMs } from '../domain/landing-zone/file/duration.ts';
import { forgetNotes } from '../store/change-notes.ts';
import { readLive, readRecords } from '../store/landing-zone/live.ts';
import { appliedLandingZone, forgetPlans } from '../store/landing-zone/plans.ts';
import { theOrganization } from '../store/organization.ts';

const DAY_MS = 86_400_000;
const NOTES_KEPT_MS = 400 * DAY_MS;
const USUAL = '5m';

/** When this node looked last. Another node that takes the job over looks at once. */
const looked = new WeakMap<OrgDeps, number>();

export const watchDrift: Job<OrgDeps> = {
  name: 'org-watch-drift',
  everyMs: 10_000,
  async run(deps) {
    const now = deps.clock.now();
    const organization = await theOrganization(deps.store.read);
    if (!organization) return;
    const { organization_id } = organization;
    const applied = await appliedLandingZone(deps.store.read, organization_id);
    if (!applied || now - (looked.get(deps) ?? 0) < everyMs(applied.document)) return;
    looked.set(deps, now);
    await deps.store.transaction(async (tx) => {
      await forgetPlans(tx, now);
      await forgetNotes(tx, now - NOTES_KEPT_MS);
    });
    const drift = await deps.store.snapshot(async (view) =>
      driftOf(await readLive(view, organization), await readRecords(view, organization_id)),
    );
    if (drift.length === 0) return;
    const types = [...new Set(drift.map(({ type }) => type))];
    deps.log.warn({ drift: drift.length, types }, 'the organization differs from its landing zone');
  },
};

function everyMs(document: string): number {
  const { settings } = JSON.parse(document) as { settings?: { drift?: { detect?: string } } };
  const detect = settings?.drift?.detect ?? USUAL;
  // A parameter is not filled in here.
  return durationMs(detect.startsWith('$') ? USUAL : detect);
}
