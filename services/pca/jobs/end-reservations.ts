/** Ends reservations of serial numbers of which nothing came, because the process ended while the HSM signed. */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import type { PcaDeps } from '../deps.ts';
import { fail } from '../ops/issuing/issue-certificate.ts';
import { guardedCertificate } from '../store/authorities.ts';
import { listReserved } from '../store/certificate-queries.ts';

/** Longer than any request takes. */
const OPEN_MS = 10 * 60_000;
const BATCH = 200;

export const endReservations: Job<PcaDeps> = {
  name: 'pca-end-reservations',
  everyMs: 60_000,
  async run(deps) {
    for (const row of await listReserved(deps.store.read, deps.clock.now() - OPEN_MS, BATCH)) {
      try {
        await deps.guard.verify([guardedCertificate(row)]);
        const { row_mac, ...reserved } = row;
        if (await fail(deps, reserved)) deps.log.warn({ serial: row.serial }, 'certificate was never signed');
      } catch (error) {
        // A row that does not verify stays, for the investigation.
        if (!(error instanceof ServiceError)) throw error;
      }
    }
  },
};
