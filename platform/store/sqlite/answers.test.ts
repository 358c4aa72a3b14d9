import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { afterAll, expect, it } from 'vitest';
import { openStore } from '../index.ts';
import { prepareQuery } from '../prepared-query.ts';
import { freshService, type OpenStore, type TestTables, testMigrations, withStore } from '../testing/fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-answers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open: OpenStore = (options) =>
  openStore<TestTables>({ folder, clock: { now: Date.now }, migrations: testMigrations, ...options });

const byText = prepareQuery((db: Kysely<TestTables>, text: string, least: number) =>
  db.selectFrom('sample').selectAll().where('text', '=', text).where('number', '>=', least),
);
const byBytes = prepareQuery((db: Kysely<TestTables>, bytes: Buffer) =>
  db.selectFrom('sample').selectAll().where('bytes', '=', bytes),
);

const row = { id: 'a', text: 'x', number: 1, bytes: Buffer.from('b') };

it('hands out the same frozen rows until somebody writes', () =>
  withStore(open, async (store) => {
    await store.transaction((tx) => tx.insertInto('sample').values(row).execute());
    const [first] = await byText(store.read, 'x', 0);
    const [again] = await byText(store.read, 'x', 0);
    expect(first).toEqual(row);
    expect(again).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
    await store.transaction((tx) => tx.updateTable('counter').set({ n: 1 }).execute());
    const [later] = await byText(store.read, 'x', 0);
    expect(later).toEqual(first);
    expect(later).not.toBe(first);
  }));

it('sees what another process wrote', async () => {
  const service = freshService();
  const write = (statement: string) => {
    const script = `require('better-sqlite3')(process.argv[1]).exec(process.argv[2])`;
    execFileSync(process.execPath, ['-e', script, join(folder, `${service}.db`), statement]);
  };
  await withStore(
    open,
    async (store) => {
      await store.transaction((tx) => tx.insertInto('sample').values(row).execute());
      expect(await byText(store.read, 'x', 0)).toMatchObject([{ number: 1 }]);
      write(`update sample set number = 2`);
      expect(await byText(store.read, 'x', 0)).toMatchObject([{ number: 2 }]);
      write(`delete from sample`);
      expect(await byText(store.read, 'x', 0)).toEqual([]);
    },
    { service },
  );
});

it('does not take one set of values for another', () =>
  withStore(open, async (store) => {
    const texts = ['1', '1,1:1', ',', '2:1,', ''];
    const rows = texts.map((text, number) => ({ ...row, id: String(number), text, number }));
    await store.transaction((tx) => tx.insertInto('sample').values(rows).execute());
    for (let round = 0; round < 2; round++)
      for (const [number, text] of texts.entries()) {
        expect(await byText(store.read, text, 0)).toMatchObject([{ text, number }]);
        expect(await byText(store.read, text, number + 1)).toEqual([]);
      }
  }));

it('reads values that are not text or numbers anew', () =>
  withStore(open, async (store) => {
    await store.transaction((tx) => tx.insertInto('sample').values(row).execute());
    expect(await byBytes(store.read, Buffer.from('b'))).toMatchObject([{ id: 'a' }]);
    expect(await byBytes(store.read, Buffer.from('c'))).toEqual([]);
    const mistaken = byText(store.read, 'x\0', 0);
    await expect(mistaken).rejects.toMatchObject({ code: 'misuse' });
  }));
