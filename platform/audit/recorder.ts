/** Writes audit records into the outbox of the service: inside a transaction with the change, or by group commit. */
import type { AnyTransaction, Store } from '../store/index.ts';
import { type RecordDraft, recordAccount, renderRecord, type Writer } from './record.ts';

export class Recorder {
  private wseq = 0;
  private readonly store: Store<unknown>;
  private readonly writer: Writer;
  private readonly onAppended: () => void;

  /** `onAppended` wakes the relay that carries records to the audit service. */
  constructor(store: Store<unknown>, writer: Writer, onAppended: () => void) {
    this.store = store;
    this.writer = writer;
    this.onAppended = onAppended;
  }

  async append(draft: RecordDraft): Promise<void> {
    await this.store.appendRecord(this.row(draft));
    this.onAppended();
  }

  async appendIn(tx: AnyTransaction, draft: RecordDraft): Promise<void> {
    await this.store.appendRecordIn(tx, this.row(draft));
    this.onAppended();
  }

  private row(draft: RecordDraft) {
    const wseq = ++this.wseq;
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
