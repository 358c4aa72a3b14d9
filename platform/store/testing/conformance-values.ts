import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { Store } from '../index.ts';
import { freshService, type OpenStore, type TestTables, times, withStore } from './fixture.ts';

type Sample = Partial<TestTables['sample']>;

function put(store: Store<TestTables>, id: string, values: Sample): Promise<unknown> {
  const row = { id, number: null, bytes: null, text: null, ...values };
  return store.transaction((tx) => tx.insertInto('sample').values(row).execute());
}

function get(store: Store<TestTables>, id: string): Promise<TestTables['sample']> {
  return store.read.selectFrom('sample').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
}

export function describeValues(open: OpenStore): void {
  describe('values', () => {
    it('returns bytes as they were stored', () =>
      withStore(open, async (store) => {
        const large = Buffer.alloc(1024 * 1024, 0xa5);
        for (const [id, bytes] of Object.entries({
          every: Buffer.from(times(256, (i) => i)),
          empty: Buffer.alloc(0),
          large,
        })) {
          await put(store, id, { bytes });
          const found = (await get(store, id)).bytes;
          expect(Buffer.isBuffer(found)).toBe(true);
          expect(found?.equals(bytes)).toBe(true);
        }
        await put(store, 'none', {});
        expect((await get(store, 'none')).bytes).toBeNull();
      }));

    it('returns integers over the whole safe range as numbers', () =>
      withStore(open, async (store) => {
        for (const number of [
          0,
          -1,
          2 ** 31,
          -(2 ** 31) - 1,
          2 ** 32,
          Number.MAX_SAFE_INTEGER,
          Number.MIN_SAFE_INTEGER,
        ]) {
          await put(store, String(number), { number });
          expect((await get(store, String(number))).number).toBe(number);
        }
      }));

    it('refuses numbers that would come back changed and texts that PostgreSQL cannot hold', () =>
      withStore(open, async (store) => {
        const bad: Sample[] = [
          { number: Number.MAX_SAFE_INTEGER + 1 },
          { number: Number.NaN },
          { number: Number.POSITIVE_INFINITY },
          { number: (2n ** 60n) as unknown as number },
          { text: 'a\0b' },
          { text: new Date(0) as unknown as string },
        ];
        for (const values of bad) await expect(put(store, 'x', values)).rejects.toMatchObject({ code: 'misuse' });
        await expect(put(store, 'x', { number: 1.5 })).rejects.toThrow();
        await expect(put(store, 'x', { number: 'many' as unknown as number })).rejects.toThrow();
        expect(await store.read.selectFrom('sample').selectAll().execute()).toEqual([]);
      }));

    it('stores truth values as 0 and 1 and answers truth expressions so', () =>
      withStore(open, async (store) => {
        await put(store, 'yes', { number: true as unknown as number });
        expect((await get(store, 'yes')).number).toBe(1);
        const row = await store.read
          .selectFrom('counter')
          .select((eb) => [
            eb.exists(eb.selectFrom('sample').select('id')).as('some'),
            eb.exists(eb.selectFrom('entry').select('id')).as('none'),
          ])
          .executeTakeFirstOrThrow();
        expect(row).toEqual({ some: 1, none: 0 });
      }));

    it('counts and sums to numbers', () =>
      withStore(open, async (store) => {
        for (const i of times(3, (n) => n)) await put(store, `s${i}`, { number: 2 ** 40 + i });
        const row = await store.read
          .selectFrom('sample')
          .select((eb) => [eb.fn.countAll().as('count'), eb.fn.sum('number').as('sum'), eb.fn.max('number').as('max')])
          .executeTakeFirstOrThrow();
        expect(row).toEqual({ count: 3, sum: 3 * 2 ** 40 + 3, max: 2 ** 40 + 2 });
      }));

    it('keeps text to the character and orders it by bytes', () =>
      withStore(open, async (store) => {
        const texts = ['"quotes" \\ {braces}, NULL', 'Zebra', 'apple', 'émile', '日本', '😀', ''];
        for (const [i, text] of texts.entries()) await put(store, `t${i}`, { text });
        const rows = await store.read.selectFrom('sample').select('text').orderBy('text').execute();
        const byBytes = texts.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(rows.map(({ text }) => text)).toEqual(byBytes);
      }));

    it('answers the same statement with changing lists and many different statements', () =>
      withStore(open, async (store) => {
        for (const i of times(4, (n) => n)) await put(store, `s${i}`, { number: i });
        for (const size of [...times(600, (i) => i + 1), 3, 3, 2, 1]) {
          const ids = times(size, (i) => `s${i}`);
          const rows = await store.read.selectFrom('sample').select('id').where('id', 'in', ids).execute();
          expect(rows).toHaveLength(Math.min(size, 4));
        }
      }));

    it.each(['varchar', 'boolean', 'timestamp', 'json', 'serial', 'numeric'] as const)(
      'refuses the column type %s in a migration',
      async (type) => {
        const migration = {
          name: '0001_bad',
          async up(db: Parameters<NonNullable<Parameters<OpenStore>[0]['migrations']>[0]['up']>[0]) {
            await db.schema.createTable('bad').addColumn('x', type).execute();
          },
        };
        await expect(open({ service: freshService(), migrations: [migration] })).rejects.toMatchObject({
          code: 'misuse',
        });
      },
    );

    it('refuses column types hidden in raw SQL', async () => {
      const migration = {
        name: '0001_bad',
        async up(db: Parameters<NonNullable<Parameters<OpenStore>[0]['migrations']>[0]['up']>[0]) {
          await db.schema.createTable('bad').addColumn('x', sql`text`).execute();
        },
      };
      await expect(open({ service: freshService(), migrations: [migration] })).rejects.toMatchObject({
        code: 'misuse',
      });
    });
  });
}
