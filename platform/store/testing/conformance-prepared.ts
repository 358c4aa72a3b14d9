import type { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import { prepareQuery, prepareWrite } from '../prepared-query.ts';
import { type OpenStore, type TestTables, withStore } from './fixture.ts';

const between = prepareQuery((db: Kysely<TestTables>, least: number, text: string, most: number) =>
  db
    .selectFrom('sample')
    .selectAll()
    .where('number', '>=', least)
    .where('number', '<=', most)
    .where('text', '=', text)
    // A value of the query itself, beside those that are bound.
    .where('id', '!=', 'never')
    .orderBy('id'),
);

const add = prepareWrite((db: Kysely<TestTables>, row: TestTables['sample']) =>
  db
    .insertInto('sample')
    .values(row)
    .onConflict((conflict) => conflict.doNothing()),
);
const change = prepareWrite(
  (db: Kysely<TestTables>, { id, ...columns }: Partial<TestTables['sample']> & { id: string }) =>
    db.updateTable('sample').set(columns).where('id', '=', id),
);

export function describePrepared(open: OpenStore): void {
  describe('prepared queries', () => {
    it('bind each value in its place, however often, in and out of transactions', () =>
      withStore(open, async (store) => {
        const row = { bytes: Buffer.from('b'), text: 'x' };
        await store.transaction((tx) =>
          tx
            .insertInto('sample')
            .values([
              { ...row, id: 'a', number: 1 },
              { ...row, id: 'b', number: 2 },
              { ...row, id: 'c', number: 2, text: "'; --" },
              { ...row, id: 'never', number: 2 },
            ])
            .execute(),
        );
        const ids = async (db: Kysely<TestTables>, least: number, text: string, most: number) =>
          (await between(db, least, text, most)).map(({ id }) => id);
        for (const read of [store.read, store.read]) {
          expect(await ids(read, 1, 'x', 2)).toEqual(['a', 'b']);
          expect(await ids(read, 2, 'x', 2)).toEqual(['b']);
          expect(await ids(read, 0, "'; --", 9)).toEqual(['c']);
          expect(await ids(read, 3, 'x', 2)).toEqual([]);
        }
        const inside = await store.transaction(async (tx) => {
          await tx
            .insertInto('sample')
            .values({ ...row, id: 'd', number: 1 })
            .execute();
          return ids(tx, 1, 'x', 1);
        });
        expect(inside).toEqual(['a', 'd']);
        const [found] = await between(store.read, 2, 'x', 2);
        expect(found).toEqual({ ...row, id: 'b', number: 2 });
      }));

    it('answer what is committed now, as often as they are asked', () =>
      withStore(open, async (store) => {
        const numbers = async () => (await between(store.read, 0, 'x', 99)).map(({ number }) => number);
        const row = { id: 'a', bytes: null, text: 'x', number: 1 };
        expect(await numbers()).toEqual([]);
        await store.transaction((tx) => add(tx, row));
        expect([await numbers(), await numbers()]).toEqual([[1], [1]]);
        await store.transaction(async (tx) => {
          await change(tx, { id: 'a', number: 2 });
          expect(await numbers()).toEqual([1]);
        });
        expect(await numbers()).toEqual([2]);
        await expect(
          store.transaction(async (tx) => {
            await change(tx, { id: 'a', number: 3 });
            throw new Error('undone');
          }),
        ).rejects.toThrow('undone');
        expect(await numbers()).toEqual([2]);
        await store.transaction((tx) => tx.deleteFrom('sample').where('id', '=', 'a').execute());
        expect(await numbers()).toEqual([]);
      }));

    it('write rows, missing values and all, and say how many', () =>
      withStore(open, async (store) => {
        const full = { number: 1, bytes: Buffer.from('b'), text: "'; --" };
        const bare = { number: null, bytes: null, text: null };
        const written = await store.transaction(async (tx) => [
          await add(tx, { id: 'a', ...full }),
          await add(tx, { id: 'b', ...bare }),
          // Other values under the text of the first; the order of the members does not matter.
          await add(tx, { text: 'x', bytes: null, number: 2, id: 'c' }),
          await add(tx, { id: 'a', ...bare }),
          await change(tx, { id: 'b', text: 'now' }),
          await change(tx, { id: 'c', number: 3, text: null }),
          await change(tx, { id: 'nobody', text: 'never' }),
        ]);
        expect(written).toEqual([1, 1, 1, 0, 1, 1, 0]);
        expect(await store.read.selectFrom('sample').selectAll().orderBy('id').execute()).toEqual([
          { id: 'a', ...full },
          { id: 'b', ...bare, text: 'now' },
          { id: 'c', number: 3, bytes: null, text: null },
        ]);
        const wrong = store.transaction((tx) => add(tx, { id: 'd', ...bare, text: undefined as never }));
        await expect(wrong).rejects.toMatchObject({ code: 'misuse' });
      }));
  });
}
