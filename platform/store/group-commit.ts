import { StoreError } from './error.ts';

export interface GroupCommitOptions<Row> {
  /** Writes all rows in one durable step; resolves only when they are on disk. Never called twice at a time. */
  readonly write: (rows: readonly Row[]) => Promise<void>;
  readonly maxRows?: number;
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
 * INVARIANT: a caller is answered only after the commit that holds its row returned; when a commit fails every
 * caller of that batch is rejected and none of its rows is stored.
 *
 * Timing: what waits is written as soon as the commit before it returned, at most 128 rows at once. A lone caller is
 * written at once; many callers gather while the disk is busy.
 */
export class GroupCommit<Row> {
  readonly #write: (rows: readonly Row[]) => Promise<void>;
  readonly #maxRows: number;
  readonly #maxQueued: number;
  #queue: Waiting<Row>[] = [];
  #writing = false;
  #planned = false;
  #closed = false;
  #drained: (() => void)[] = [];

  constructor(options: GroupCommitOptions<Row>) {
    this.#write = options.write;
    this.#maxRows = options.maxRows ?? 128;
    this.#maxQueued = options.maxQueued ?? 20_000;
  }

  append(row: Row): Promise<void> {
    if (this.#closed) return Promise.reject(new StoreError('unavailable', 'record writer is closed'));
    if (this.#queue.length >= this.#maxQueued) {
      return Promise.reject(new StoreError('unavailable', `record writer has ${this.#maxQueued} rows waiting`));
    }
    return new Promise((resolve, reject) => {
      this.#queue.push({ row, resolve, reject });
      this.#plan();
    });
  }

  /** Writes what waits, then refuses further rows. */
  close(): Promise<void> {
    this.#closed = true;
    if (this.#queue.length === 0 && !this.#writing) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  #plan(): void {
    if (this.#writing || this.#planned) return;
    this.#planned = true;
    // setImmediate, not now: whoever is served in this turn of the event loop still joins the batch.
    setImmediate(() => {
      this.#planned = false;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#queue.splice(0, this.#maxRows);
    this.#writing = true;
    try {
      await this.#write(batch.map((waiting) => waiting.row));
      for (const waiting of batch) waiting.resolve();
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    } finally {
      this.#writing = false;
    }
    if (this.#queue.length > 0) this.#plan();
    else for (const done of this.#drained.splice(0)) done();
  }
}
