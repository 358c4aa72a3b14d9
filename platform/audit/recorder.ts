/**
 * Writes audit records into the outbox of the service: inside a transaction with the change, or by group commit. Knows
 * which of its numbers never came to be, so that whoever reports on the writer can say so.
 */
import { type AnyTransaction, onTransactionEnd, type Store } from '../store/index.ts';
import { type RecordDraft, recordAccount, renderRecord, type Writer } from './record.ts';

export class Recorder {
  private wseq = 0;
  private voids: number[] = [];
  private readonly store: Store<unknown>;
  private readonly writer: Writer;
  private readonly onAppended: () => void;
  /** When its newest record was made, milliseconds; 0: none yet. */
  writtenAt = 0;

  /** `onAppended` wakes the relay that carries records to the audit service. */
  constructor(store: Store<unknown>, writer: Writer, onAppended: () => void) {
    this.store = store;
    this.writer = writer;
    this.onAppended = onAppended;
  }

  async append(draft: RecordDraft): Promise<void> {
    const row = this.row(draft);
    try {
      await this.store.appendRecord(row);
    } catch (error) {
      this.voids.push(row.wseq);
      throw error;
    }
    this.onAppended();
  }

  async appendIn(tx: AnyTransaction, draft: RecordDraft): Promise<void> {
    const row = this.row(draft);
    onTransactionEnd(tx, (committed) => {
      if (!committed) this.voids.push(row.wseq);
    });
    await this.store.appendRecordIn(tx, row);
    this.onAppended();
  }

  get hasVoids(): boolean {
    return this.voids.length > 0;
  }

  /** Numbers whose records are not there, to be told; of some a commit may have failed after it was done. */
  takeVoids(most: number): number[] {
    return this.voids.splice(0, most);
  }

  putBack(voids: readonly number[]): void {
    this.voids.unshift(...voids);
  }

  private row(draft: RecordDraft) {
    const wseq = ++this.wseq;
    this.writtenAt = draft.now;
    return {
      eventId: draft.eventId,
      accountId: recordAccount(draft),
      wseq,
      boot: this.writer.boot,
      createdAt: draft.now,
      record: renderRecord(draft, this.writer, wseq),
    };
  }
}
