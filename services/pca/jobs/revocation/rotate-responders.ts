/** Follows responders by new ones every week, and forgets those that have expired, with their keys. */
import { HsmError } from '../../../../hsm/port.ts';
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import type { PcaDeps } from '../../deps.ts';
import { statusOf } from '../../domain/authority-state.ts';
import { answersOcsp, readSettings } from '../../domain/revocation/settings.ts';
import { DAY_MS } from '../../domain/validity.ts';
import { deleteExpiredResponders, listOldResponders } from '../../store/revocation/responder-queries.ts';

const ROTATED_MS = 7 * DAY_MS;
const AT_ONCE = 100;

export const rotateResponders: Job<PcaDeps> = {
  name: 'pca-rotate-responders',
  everyMs: 3_600_000,
  async run(deps) {
    const now = deps.clock.now();
    for (const authorityId of await listOldResponders(deps.store.read, now - ROTATED_MS, AT_ONCE)) {
      try {
        const record = await deps.authorities.byId(authorityId);
        const status = record && statusOf(record.row, now);
        if (!record || !answersOcsp(readSettings(record.row.revocation))) continue;
        if (status === 'ACTIVE' || status === 'DISABLED') await deps.responders.renew(record);
      } catch (error) {
        if (!(error instanceof ServiceError || error instanceof HsmError)) throw error;
        deps.log.error({ authorityId, err: error.message }, 'OCSP responder is not renewed');
      }
    }
    await deps.store.transaction((tx) => deleteExpiredResponders(tx, now - DAY_MS));
  },
};
