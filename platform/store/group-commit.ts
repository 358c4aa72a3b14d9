import { StoreError } from './error.ts';

export interface GroupCommitOptions<Row> {
  /** Writes all rows in one transaction; resolves only after its COMMIT returned. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  readonly maxRows?: number;
  readonly maxWaitMs?: number;
  /** Rows that may wait; above it `append` refuses at once instead of growing memory. */
  readonly maxQueued?: number;
}

interface Waiting<Row> {
  readonly row: Row;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Puts rows of many callers into one commit.
 *
 * INVARIANT: a caller is answered only after the COMMIT that holds its row returned; when a commit fails every
 * caller of that batch is rejected and none of its rows is stored.
 *
 * Timing: a batch is written when as many rows wait as the previous batch had (the same callers are back), when
 * 128 wait, or after 2 ms. A lone caller is therefore written at once and pays one disk flush, no timer.
 */
export class GroupCommit<Row> {
  readonly #write: (rows: readonly Row[]) => Promise<void>;
  readonly #maxRows: number;
  readonly #maxWaitMs: number;
  readonly #maxQueued: number;
  #queue: Waiting<Row>[] = [];
  #previousSize = 1;
  #writing = false;
  #closed = false;
  #immediate: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #drained: (() => void)[] = [];

  constructor(options: GroupCommitOptions<Row>) {
    this.#write = options.write;
    this.#maxRows = options.maxRows ?? 128;
    this.#maxWaitMs = options.maxWaitMs ?? 2;
    this.#maxQueued = options.maxQueued ?? 20_000;
  }

  append(row: Row): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreError('unavailable', 'record writer is closed'));
    if (this.#queue.length >= this.#maxQueued) {
      return Promise.reject(new StoreError('unavailable', `record writer has ${this.#maxQueued} rows waiting`));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ row, resolve, reject });
      if (!this.#writing) this.#schedule();
    });
  }

  /** Writes what waits, then refuses further rows. */
  close(): Promise<void> {
    this.#closed = true;
    if (this.#queue.length === 0 && !this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #schedule(): void {
    if (this.#immediate !== undefined) return;
    if (this.#closed || this.#queue.length >= Math.min(this.#previousSize, this.#maxRows)) {
      if (this.#timer !== undefined) clearTimeout(this.#timer);
      this.#timer = undefined;
      // setImmediate, not now: whoever is served in this turn of the event loop still joins the batch.
      this.#immediate = setImmediate(() => {
        this.#immediate = undefined;
        void this.#flush();
      });
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#flush();
      }, this.#maxWaitMs);
    }
  }

  async #flush(): Promise<void> {
    const batch = this.#queue.splice(0, this.#maxRows);
    this.#previousSize = batch.length;
    this.#writing = true;
    try {
      await this.#write(batch.map((waiting) => waiting.row));
      for (const waiting of batch) waiting.resolve();
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    } finally {
      this.#writing = false;
    }
    if (this.#queue.length > 0) {
      // Rows that came while the disk was busy have waited already.
      this.#previousSize = Math.min(this.#previousSize, this.#queue.length);
      this.#schedule();
    } else {
      for (const done of this.#drained.splice(0)) done();
    }
  }
}
