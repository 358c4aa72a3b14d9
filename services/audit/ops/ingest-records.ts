import { change } from '../../../platform/runtime/call.ts';
import { IngestRecords } from '../api/index.ts';
import { implement } from '../deps.ts';
import { noteArrivals } from '../store/writers.ts';

export const ingestRecords = implement(IngestRecords, {
  resolve: () => ({ targets: [], state: undefined }),

  async run(call, { Records }, _state, { store, sequencer }) {
    const arrived = Records.map((record) => ({
      eventId: record.EventId,
      accountId: record.AccountId,
      createdAt: record.CreatedAt,
      text: record.Record,
    }));
    const prepared = await sequencer.prepare(arrived);
    let waiting = false;
    return change(
      async (transaction) => {
        const tx = transaction as Parameters<Parameters<typeof store.transaction>[0]>[0];
        waiting = (await sequencer.take(tx, arrived, prepared)) === 'waiting';
        await noteArrivals(tx, Records, call.now);
        return { Accepted: Records.length };
      },
      () => {
        if (waiting) sequencer.wake();
      },
    );
  },
});
