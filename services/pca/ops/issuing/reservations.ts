/**
 * Takes serial numbers and stores what is about to be signed. Orders that come together share one trip to the HSM and one
 * transaction: each waits for the same commit anyway. What was answered is on disk.
 */
import type { Store } from '../../../../platform/store/index.ts';
import type { RowGuard } from '../../../../platform/store/row-guard.ts';
import { type CertificateRow, certificateRowBytes, type Unsealed } from '../../domain/rows.ts';
import { reserveSerial } from '../../store/certificate-queries.ts';
import type { PcaTables } from '../../store/tables.ts';

const MOST_TOGETHER = 256;

interface Waiting {
  row: Unsealed<CertificateRow>;
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
  take(row: Unsealed<CertificateRow>): Promise<CertificateRow | undefined> {
    const answer = new Promise<CertificateRow | undefined>((taken, failed) => {
      this.waiting.push({ row, taken, failed });
    });
    if (!this.isRunning) void this.run();
    return answer;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const together = this.waiting.splice(0, MOST_TOGETHER);
      try {
        const taken = await this.takeAll(together.map(({ row }) => row));
        together.forEach((waiting, at) => {
          waiting.taken(taken[at]);
        });
      } catch (error) {
        for (const waiting of together) waiting.failed(error);
      }
    }
    this.isRunning = false;
  }

  private async takeAll(rows: readonly Unsealed<CertificateRow>[]): Promise<(CertificateRow | undefined)[]> {
    const macs = await this.guard.seal(rows.map(certificateRowBytes));
    const sealed = rows.map((row, at) => ({ ...row, row_mac: macs[at]! }));
    return this.store.transaction(async (tx) => {
      const taken: (CertificateRow | undefined)[] = [];
      for (const row of sealed) taken.push((await reserveSerial(tx, row)) ? row : undefined);
      return taken;
    });
  }
}
