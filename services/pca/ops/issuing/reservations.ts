/**
 * Takes serial numbers and stores what is about to be signed. Orders that come together share one trip to the HSM and one
 * transaction: each waits for the same commit anyway. What was answered is on disk, and so is the key that is kept with
 * the certificate.
 */
import type { Store } from '../../../../platform/store/index.ts';
import type { RowGuard } from '../../../../platform/store/row-guard.ts';
import type { CertificateKeyRow } from '../../domain/keys/rows.ts';
import { type CertificateRow, certificateRowBytes, type Unsealed } from '../../domain/rows.ts';
import { reserveSerial } from '../../store/certificate-queries.ts';
import { insertKey } from '../../store/keys/key-queries.ts';
import type { PcaTables } from '../../store/tables.ts';

const MOST_TOGETHER = 256;

interface Waiting {
  row: Unsealed<CertificateRow>;
  key: CertificateKeyRow | undefined;
  taken(row: CertificateRow | undefined): void;
  failed(error: unknown): void;
}

export class Reservations {
  private readonly store: Store<PcaTables>;
  private readonly guard: RowGuard;
  private waiting: Waiting[] = [];
  private isRunning = false;

  constructor({ store, guard }: { store: Store<PcaTables>; guard: RowGuard }) {
    this.store = store;
    this.guard = guard;
  }

  /** Undefined: the authority has used the serial number. */
  take(row: Unsealed<CertificateRow>, key?: CertificateKeyRow): Promise<CertificateRow | undefined> {
    const answer = new Promise<CertificateRow | undefined>((taken, failed) => {
      this.waiting.push({ row, key, taken, failed });
    });
    if (!this.isRunning) void this.run();
    return answer;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const together = this.waiting.splice(0, MOST_TOGETHER);
      try {
        const taken = await this.takeAll(together);
        together.forEach((waiting, at) => {
          waiting.taken(taken[at]);
        });
      } catch (error) {
        for (const waiting of together) waiting.failed(error);
      }
    }
    this.isRunning = false;
  }

  private async takeAll(together: readonly Waiting[]): Promise<(CertificateRow | undefined)[]> {
    const macs = await this.guard.seal(together.map(({ row }) => certificateRowBytes(row)));
    const sealed = together.map(({ row, key }, at) => ({ row: { ...row, row_mac: macs[at]! }, key }));
    return this.store.transaction(async (tx) => {
      const taken: (CertificateRow | undefined)[] = [];
      for (const { row, key } of sealed) {
        const isTaken = await reserveSerial(tx, row);
        taken.push(isTaken ? row : undefined);
        // INVARIANT: a certificate whose key is kept is never without it, whenever the process ends.
        if (isTaken && key) await insertKey(tx, key);
      }
      return taken;
    });
  }
}
