import type { Job } from '../../../platform/runtime/service.ts';
import type { OrgDeps } from '../deps.ts';

/** Goes on with applies that nobody works on: their process died. */
export const runApplies: Job<OrgDeps> = {
  name: 'org-run-applies',
  everyMs: 5_000,
  run: (deps) => deps.applies.pickUp(deps),
};
