/**
 * Rows that are sealed by requests of the same moment go to the HSM in one trip. While a trip is under way the next one
 * gathers, so nobody waits for company. A trip that fails fails for all of it: the HSM refuses no single row, except one
 * beyond its limits, which goes alone.
 */
import { HSM_LIMITS } from '../../hsm/port.ts';

/** Rows of one trip, small enough that it is one frame. */
const MOST_ROWS = 256;

interface Waiting {
  rows: readonly Buffer[];
  done(macs: Buffer[]): void;
  failed(error: unknown): void;
}

export class MacsTogether {
  private readonly make: (rows: readonly Buffer[]) => Promise<Buffer[]>;
  private waiting: Waiting[] = [];
  private isRunning = false;

  constructor(make: (rows: readonly Buffer[]) => Promise<Buffer[]>) {
    this.make = make;
  }

  mac(rows: readonly Buffer[]): Promise<Buffer[]> {
    if (rows.length >= MOST_ROWS || rows.some((row) => row.length > HSM_LIMITS.macData)) return this.make(rows);
    const answer = new Promise<Buffer[]>((done, failed) => {
      this.waiting.push({ rows, done, failed });
    });
    if (!this.isRunning) void this.run();
    return answer;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const together = this.take();
      try {
        const macs = await this.make(together.flatMap(({ rows }) => rows));
        let from = 0;
        for (const { rows, done } of together) {
          done(macs.slice(from, from + rows.length));
          from += rows.length;
        }
      } catch (error) {
        for (const { failed } of together) failed(error);
      }
    }
    this.isRunning = false;
  }

  private take(): Waiting[] {
    let rows = 0;
    let end = 0;
    while (end < this.waiting.length && rows + this.waiting[end]!.rows.length <= MOST_ROWS)
      rows += this.waiting[end++]!.rows.length;
    return this.waiting.splice(0, end);
  }
}
