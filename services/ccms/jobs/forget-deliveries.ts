/**
 * What ended stays listed for a while, for whoever reviews it; then it is forgotten. Wrapped values that nobody read
 * are destroyed as soon as their time has passed, and who has let go of a value is no reader of it any more.
 */
import type { Job } from '../../../platform/runtime/service.ts';
import type { CcmsDeps } from '../deps.ts';
import { ENDED_KEPT_MS } from '../domain/limits.ts';
import { forgetGrants as forget } from '../store/grant-queries.ts';
import { forgetReaders as forgetRows } from '../store/reader-queries.ts';

export const forgetGrants: Job<CcmsDeps> = {
  name: 'ccms-forget-grants',
  everyMs: 3_600_000,
  async run(deps) {
    await deps.store.transaction((tx) => forget(tx, deps.clock.now() - ENDED_KEPT_MS));
  },
};

export const forgetWrappings: Job<CcmsDeps> = {
  name: 'ccms-forget-wrappings',
  everyMs: 60_000,
  async run(deps) {
    const now = deps.clock.now();
    await deps.store.transaction((tx) => deps.wrappings.forget(tx, now, now - ENDED_KEPT_MS));
  },
};

export const forgetReaders: Job<CcmsDeps> = {
  name: 'ccms-forget-readers',
  everyMs: 3_600_000,
  async run(deps) {
    await deps.store.transaction((tx) => forgetRows(tx, deps.clock.now()));
  },
};
