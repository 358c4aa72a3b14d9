import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { isForeignKeyViolation, isUniqueViolation, updateVersioned } from '../index.ts';
import { freshService, type OpenStore, record, times, withStore } from './fixture.ts';

export function describeTransactions(open: OpenStore): void {
  describe('transactions', () => {
    it('keeps everything of a transaction that ends well', () =>
      withStore(open, async (store) => {
        const answer = await store.transaction(async (tx) => {
          await tx.updateTable('counter').set({ n: 5 }).execute();
          await tx.insertInto('entry').values({ id: 'e', counter_id: 'c' }).execute();
          return 'done';
        });
        expect(answer).toBe('done');
        expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 5 }]);
        expect(await store.read.selectFrom('entry').select('id').execute()).toEqual([{ id: 'e' }]);
      }));

    it('keeps nothing of a transaction that throws, and rethrows', () =>
      withStore(open, async (store) => {
        const failing = store.transaction(async (tx) => {
          await tx.updateTable('counter').set({ n: 5 }).execute();
          throw new Error('changed my mind');
        });
        await expect(failing).rejects.toThrow('changed my mind');
        expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 0 }]);
      }));

    it('shows a reader only committed rows', () =>
      withStore(open, async (store) => {
        await store.transaction(async (tx) => {
          await tx.updateTable('counter').set({ n: 7 }).execute();
          expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 0 }]);
          expect(await tx.selectFrom('counter').select('n').execute()).toEqual([{ n: 7 }]);
        });
      }));

    it('loses no update of 64 parallel read-modify-write transactions', () =>
      withStore(open, async (store) => {
        await Promise.all(
          times(64, () =>
            store.transaction(async (tx) => {
              const { n } = await tx.selectFrom('counter').select('n').forUpdate().executeTakeFirstOrThrow();
              await tx
                .updateTable('counter')
                .set({ n: n + 1 })
                .execute();
            }),
          ),
        );
        expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 64 }]);
      }));

    it('leaves room for timers and record writers while transactions follow each other closely', () =>
      withStore(open, async (store) => {
        let running = true;
        let timers = 0;
        const timer = setInterval(() => (timers += 1), 1);
        const loop = async () => {
          while (running) await store.transaction((tx) => tx.updateTable('counter').set({ n: 1 }).execute());
        };
        const loops = times(3, loop);
        for (const i of times(20, (n) => n)) await store.appendRecord(record(i));
        running = false;
        await Promise.all(loops);
        clearInterval(timer);
        expect(timers).toBeGreaterThan(2);
      }));

    it('lets exactly one of 64 parallel updates of the same version win', () =>
      withStore(open, async (store) => {
        const outcomes = await Promise.all(
          times(64, (i) => store.transaction((tx) => updateVersioned(tx, 'counter', { id: 'c' }, 1, { n: i + 1 }))),
        );
        expect(outcomes.filter(Boolean)).toHaveLength(1);
        const row = await store.read.selectFrom('counter').selectAll().executeTakeFirstOrThrow();
        expect(row).toEqual({ id: 'c', n: outcomes.indexOf(true) + 1, version: 2 });
        expect(await store.transaction((tx) => updateVersioned(tx, 'counter', { id: 'gone' }, 1, { n: 1 }))).toBe(
          false,
        );
      }));

    it('tells violated unique keys and foreign keys apart', () =>
      withStore(open, async (store) => {
        const insert = (id: string, counter: string) =>
          store
            .transaction((tx) => tx.insertInto('entry').values({ id, counter_id: counter }).execute())
            .then(() => undefined)
            .catch((error: unknown) => error);
        expect(await insert('a', 'c')).toBeUndefined();
        const twice = await insert('a', 'c');
        expect([isUniqueViolation(twice), isForeignKeyViolation(twice)]).toEqual([true, false]);
        const orphan = await insert('b', 'nobody');
        expect([isUniqueViolation(orphan), isForeignKeyViolation(orphan)]).toEqual([false, true]);
      }));

    it('does not commit a transaction whose failed statement was swallowed', () =>
      withStore(open, async (store) => {
        const swallowing = store.transaction(async (tx) => {
          await tx.insertInto('entry').values({ id: 'a', counter_id: 'c' }).execute();
          await tx
            .insertInto('entry')
            .values({ id: 'a', counter_id: 'c' })
            .execute()
            .catch(() => undefined);
        });
        await expect(swallowing).rejects.toMatchObject({ code: 'misuse' });
        expect(await store.read.selectFrom('entry').selectAll().execute()).toEqual([]);
      }));

    it('refuses statements of a transaction that has ended', () =>
      withStore(open, async (store) => {
        const leaked = await store.transaction((tx) => Promise.resolve({ tx }));
        const late = leaked.tx.updateTable('counter').set({ n: 9 }).execute();
        await expect(late).rejects.toThrow();
        expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 0 }]);
      }));

    it('refuses writes, row locks and transactions through read', () =>
      withStore(open, async (store) => {
        const attempts: (() => Promise<unknown>)[] = [
          () => store.read.updateTable('counter').set({ n: 9 }).execute(),
          () => store.read.insertInto('entry').values({ id: 'x', counter_id: 'c' }).execute(),
          () => store.read.deleteFrom('counter').execute(),
          () => store.read.selectFrom('counter').selectAll().forUpdate().execute(),
          () => store.read.transaction().execute((tx) => tx.selectFrom('counter').selectAll().execute()),
        ];
        for (const attempt of attempts) {
          await expect(Promise.resolve().then(attempt)).rejects.toMatchObject({ code: 'misuse' });
        }
        // Raw SQL is not looked into; there the connection itself is read only.
        await expect(sql`update counter set n = 9`.execute(store.read)).rejects.toThrow();
        expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 0 }]);
        expect(await store.health()).toMatchObject({ ok: true });
      }));

    it('keeps statements of reads, snapshots and transactions apart, however often they are repeated', () =>
      withStore(open, async (store) => {
        for (let round = 0; round < 12; round += 1) {
          await store.snapshot(async (view) => {
            expect(await view.selectFrom('counter').select('id').execute()).toEqual([{ id: 'c' }]);
          });
          expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: round }]);
          await store.transaction(async (tx) => {
            await tx
              .updateTable('counter')
              .set({ n: round + 1 })
              .execute();
          });
        }
      }));

    it('gives several reads of a snapshot the same moment', () =>
      withStore(open, async (store) => {
        const set = (n: number) => store.transaction((tx) => tx.updateTable('counter').set({ n }).execute());
        await store.snapshot(async (view) => {
          await set(1);
          expect(await view.selectFrom('counter').select('n').execute()).toEqual([{ n: 0 }]);
          await set(2);
          expect(await view.selectFrom('counter').select('n').execute()).toEqual([{ n: 0 }]);
          expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 2 }]);
        });
        await store.snapshot(async (view) => {
          expect(await view.selectFrom('counter').select('n').execute()).toEqual([{ n: 2 }]);
          await expect(
            Promise.resolve().then(() => view.updateTable('counter').set({ n: 3 }).execute()),
          ).rejects.toMatchObject({ code: 'misuse' });
        });
      }));

    it('keeps nothing when the commit fails, and works afterwards', () =>
      withStore(
        open,
        async (store) => {
          const set = (n: number) => store.transaction((tx) => tx.updateTable('counter').set({ n }).execute());
          // Commit 1 was the migration.
          await set(1);
          await expect(set(2)).rejects.toMatchObject({ code: 'unavailable', committed: 'no' });
          expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 1 }]);
          await set(3);
          expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 3 }]);
        },
        { faults: { onCommit: (count) => (count === 3 ? 'fail' : undefined) } },
      ));

    it('says that the outcome is unknown when the answer to a commit is lost', () =>
      withStore(
        open,
        async (store) => {
          const set = store.transaction((tx) => tx.updateTable('counter').set({ n: 1 }).execute());
          await expect(set).rejects.toMatchObject({ code: 'unavailable', committed: 'unknown' });
          expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 1 }]);
        },
        { faults: { onCommit: (count) => (count === 2 ? 'lose-answer' : undefined) } },
      ));

    it('is healthy while open and refuses every call after close', async () => {
      const store = await open({ service: freshService() });
      expect(await store.health()).toMatchObject({ ok: true });
      await Promise.all([store.close(), store.close()]);
      expect(await store.health()).toMatchObject({ ok: false });
      const row = { eventId: 'e', accountId: null, wseq: 1, boot: 'b', createdAt: 1, record: '{}' };
      for (const call of [
        () => store.read.selectFrom('counter').selectAll().execute(),
        () => store.transaction((tx) => tx.updateTable('counter').set({ n: 1 }).execute()),
        () => store.snapshot((view) => view.selectFrom('counter').selectAll().execute()),
        () => store.appendRecord(row),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'unavailable' });
      }
    });
  });

  describe('change feed', () => {
    const bump = (i: number) => ({ kind: 'policy', objectId: `p${i}`, accountId: i % 2 === 0 ? null : '1' });

    it('is gapless and in commit order under 64 parallel writers, also to a reader in between', () =>
      withStore(open, async (store) => {
        const seen: number[] = [];
        let writing = true;
        const poller = (async () => {
          while (writing) {
            for (const { v } of await store.changesSince(seen.length, 7)) seen.push(v);
            await new Promise((resolve) => setImmediate(resolve));
          }
        })();
        const versions = await Promise.all(
          times(64, (i) =>
            store
              .transaction(async (tx) => {
                await tx
                  .insertInto('entry')
                  .values({ id: `e${i}`, counter_id: 'c' })
                  .execute();
                const v = await store.bumpVersion(tx, bump(i));
                if (i % 8 === 3) throw new Error('rolled back');
                return v;
              })
              .catch(() => undefined),
          ),
        );
        writing = false;
        await poller;
        const committed = versions.filter((v) => v !== undefined);
        expect(committed.toSorted((a, b) => a - b)).toEqual(times(56, (i) => i + 1));
        const all = await store.changesSince(0, 1000);
        expect(all.map(({ v }) => v)).toEqual(times(56, (i) => i + 1));
        expect(seen).toEqual(times(seen.length, (i) => i + 1));
        expect(await store.currentVersion()).toBe(56);
      }));

    it('shows by the first number that older changes were pruned', () =>
      withStore(open, async (store) => {
        for (const i of times(5, (n) => n)) await store.transaction((tx) => store.bumpVersion(tx, bump(i)));
        await store.transaction((tx) => store.pruneChanges(tx, 3));
        const changes = await store.changesSince(1, 10);
        expect(changes.map(({ v, kind, objectId, accountId }) => ({ v, kind, objectId, accountId }))).toEqual([
          { v: 4, ...bump(3) },
          { v: 5, ...bump(4) },
        ]);
      }));
  });
}
