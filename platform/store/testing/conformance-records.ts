import { describe, expect, it } from 'vitest';
import { type OpenStore, record, times, withStore } from './fixture.ts';

export function describeRecords(open: OpenStore): void {
  describe('audit outbox', () => {
    it('has a record on disk when append resolves', () =>
      withStore(open, async (store) => {
        await store.appendRecord(record(1));
        expect(await store.readOutbox(10)).toEqual([record(1)]);
      }));

    it('returns records in the order they were appended, to the character', () =>
      withStore(open, async (store) => {
        const awkward = JSON.stringify({
          quote: '"',
          slash: '\\',
          zero: '\0',
          comma: '{a,b}',
          text: 'ümläut 😀',
          none: 'NULL',
        });
        const rows = times(500, (i) => record(i, i % 2 === 0 ? awkward : '""'));
        await Promise.all(rows.map((row) => store.appendRecord(row)));
        expect(await store.readOutbox(1000)).toEqual(rows);
        expect(await store.readOutbox(3)).toEqual(rows.slice(0, 3));
      }));

    it('gives a record the fate of its transaction', () =>
      withStore(open, async (store) => {
        await store.transaction((tx) => store.appendRecordIn(tx, record(1)));
        const failing = store.transaction(async (tx) => {
          await store.appendRecordIn(tx, record(2));
          throw new Error('no');
        });
        await expect(failing).rejects.toThrow('no');
        expect(await store.readOutbox(10)).toEqual([record(1)]);
      }));

    it('keeps group commits out of open transactions', () =>
      withStore(open, async (store) => {
        const work: Promise<unknown>[] = [];
        for (const i of times(64, (n) => n)) {
          work.push(
            store
              .transaction(async (tx) => {
                const { n } = await tx.selectFrom('counter').select('n').forUpdate().executeTakeFirstOrThrow();
                await store.appendRecordIn(tx, record(1000 + i));
                await tx
                  .updateTable('counter')
                  .set({ n: n + 1 })
                  .execute();
                if (i % 4 === 0) throw new Error('rolled back');
              })
              .catch(() => undefined),
          );
          for (const k of times(4, (n) => n)) work.push(store.appendRecord(record(i * 4 + k)));
        }
        await Promise.all(work);
        const sequences = (await store.readOutbox(1000)).map(({ wseq }) => wseq).toSorted((a, b) => a - b);
        const kept = times(64, (i) => 1000 + i).filter((_, i) => i % 4 !== 0);
        expect(sequences).toEqual([...times(256, (i) => i), ...kept]);
        expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 48 }]);
      }));

    it('rejects every caller of a batch that was not committed and stores none of it', () =>
      withStore(
        open,
        async (store) => {
          // Commit 1 is the migration, commit 2 the batch.
          const outcomes = await Promise.allSettled(times(20, (i) => store.appendRecord(record(i))));
          expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
          expect(await store.readOutbox(100)).toEqual([]);
          await store.appendRecord(record(50));
          expect(await store.readOutbox(100)).toEqual([record(50)]);
        },
        { faults: { onCommit: (count) => (count === 2 ? 'fail' : undefined) } },
      ));

    it('refuses a second record with the same event id', () =>
      withStore(open, async (store) => {
        await store.appendRecord(record(1));
        await expect(store.appendRecord(record(1))).rejects.toThrow();
        await store.appendRecord(record(2));
        expect(await store.readOutbox(10)).toEqual([record(1), record(2)]);
      }));

    it('refuses a record that the engines could not keep, without harm to its neighbours', () =>
      withStore(open, async (store) => {
        const outcomes = await Promise.allSettled([
          store.appendRecord(record(1)),
          store.appendRecord({ ...record(2), record: 'a\0b' }),
          store.appendRecord({ ...record(3), wseq: 2 ** 60 }),
          store.appendRecord({ ...record(4), accountId: null }),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
        expect(await store.readOutbox(10)).toEqual([record(1), { ...record(4), accountId: null }]);
      }));

    it('deletes relayed records in any number', () =>
      withStore(open, async (store) => {
        const rows = times(300, (i) => record(i));
        await Promise.all(rows.map((row) => store.appendRecord(row)));
        await store.deleteOutbox([]);
        await store.deleteOutbox(rows.slice(0, 1).map(({ eventId }) => eventId));
        await store.deleteOutbox(rows.slice(1, 290).map(({ eventId }) => eventId));
        expect(await store.readOutbox(1000)).toEqual(rows.slice(290));
      }));

    it('writes waiting records before it closes', async () => {
      let reopened: Awaited<ReturnType<OpenStore>> | undefined;
      const service = 'test_closing';
      const store = await open({ service });
      const appended = Promise.all(times(300, (i) => store.appendRecord(record(i))));
      await store.close();
      await appended;
      try {
        reopened = await open({ service });
        expect(await reopened.readOutbox(1000)).toHaveLength(300);
      } finally {
        await reopened?.close();
      }
    });
  });
}
