import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../index.ts';
import { pause, record, type TestTables, testMigrations, times } from '../testing/fixture.ts';
import { openWriting } from './files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = () => join(folder, 'kms.db');
const open = (migrations = testMigrations): Promise<Store<TestTables>> =>
  openStore<TestTables>({ service: 'kms', folder, clock: { now: Date.now }, migrations });

async function filled(): Promise<void> {
  const store = await open();
  await Promise.all(times(400, (i) => store.appendRecord(record(i, 'x'.repeat(500)))));
  await store.close();
}

async function refusal(): Promise<unknown> {
  const before = readFileSync(path());
  const error: unknown = await open().then(
    (store) => store.close(),
    (reason: unknown) => reason,
  );
  expect(readFileSync(path()).equals(before)).toBe(true);
  return error;
}

describe('files of a SQLite store', () => {
  it('are readable by the owner only, also while open', async () => {
    const store = await open();
    await store.appendRecord(record(1));
    for (const name of ['kms.db', 'kms.db-wal', 'kms.db-shm', 'kms.lock', 'kms.records-000001.log']) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
    }
    await store.close();
  });

  it('are written with WAL, a full flush at every commit and foreign keys', () => {
    const db = openWriting(path());
    const settings = ['journal_mode', 'synchronous', 'foreign_keys'].map((name) => db.pragma(name, { simple: true }));
    expect(settings).toEqual(['wal', 2, 1]);
    db.close();
  });

  it('belong to one process: a second open is refused and says what to do', async () => {
    const store = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(folder),
      hint: expect.stringContaining('another data folder'),
    });
    await store.appendRecord(record(1));
    await store.close();
    await (await open()).close();
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    [
      'is not a database',
      () => Buffer.from('this is a text file, not a database, and long enough to be read as one'.repeat(20)),
    ],
    ['has a damaged header', (bytes) => Buffer.concat([Buffer.alloc(16, 1), bytes.subarray(16)])],
    [
      'has a damaged page',
      (bytes) => Buffer.concat([bytes.subarray(0, 4096 * 4), Buffer.alloc(4096, 0xff), bytes.subarray(4096 * 5)]),
    ],
    ['is truncated in the middle of a page', (bytes) => bytes.subarray(0, 4096 * 3 + 100)],
    ['lost its last pages', (bytes) => bytes.subarray(0, 4096 * 6)],
    ['is empty although it had content', () => Buffer.alloc(0)],
  ])('are refused unchanged when the database %s', async (_, damage) => {
    await filled();
    writeFileSync(path(), damage(readFileSync(path())));
    expect(await refusal()).toMatchObject({
      code: 'corrupt',
      hint: expect.stringContaining('restore the last backup'),
    });
  });

  it('are refused when the database vanished, until the lock file is deleted too', async () => {
    await filled();
    rmSync(path());
    await expect(open()).rejects.toMatchObject({ code: 'corrupt', hint: expect.stringContaining('.lock') });
    rmSync(join(folder, 'kms.lock'));
    await (await open()).close();
  });

  it('are refused unchanged when the database belongs to another program', async () => {
    const other = new Database(path());
    other.exec('create table bookmark (url text)');
    other.close();
    expect(await refusal()).toMatchObject({ code: 'schema-mismatch' });
  });

  it('are refused unchanged when the schema is newer', async () => {
    const newer = await open([...testMigrations, { name: '0002_next', up: () => Promise.resolve() }]);
    await newer.close();
    expect(await refusal()).toMatchObject({ code: 'newer-schema', hint: expect.stringContaining('newer release') });
  });

  it('are made new from an empty file that a failed first start left', async () => {
    writeFileSync(path(), '');
    await (await open()).close();
  });

  it('survive the loss of the process: the WAL is read at the next start', async () => {
    const store = await open();
    await store.transaction((tx) => store.appendRecordIn(tx, record(1)));
    const copy = mkdtempSync(join(tmpdir(), 'parapet-store-'));
    // What a killed process leaves behind: database and WAL, no clean close.
    for (const name of ['kms.db', 'kms.db-wal']) copyFileSync(join(folder, name), join(copy, name));
    await store.close();
    const reopened = await openStore({
      service: 'kms',
      folder: copy,
      clock: { now: Date.now },
      migrations: testMigrations,
    });
    expect(await reopened.readOutbox(10)).toEqual([record(1)]);
    await reopened.close();
    rmSync(copy, { recursive: true });
  });

  it('drop a half-written transaction at the end of the WAL, and nothing before it', async () => {
    const store = await open();
    await store.transaction((tx) => store.appendRecordIn(tx, record(1)));
    const size = statSync(`${path()}-wal`).size;
    await store.transaction((tx) => store.appendRecordIn(tx, record(2, 'y'.repeat(20_000))));
    const copy = mkdtempSync(join(tmpdir(), 'parapet-store-'));
    for (const name of ['kms.db', 'kms.db-wal']) copyFileSync(join(folder, name), join(copy, name));
    await store.close();
    truncateSync(join(copy, 'kms.db-wal'), size + 4096 + 24);
    const reopened = await openStore({
      service: 'kms',
      folder: copy,
      clock: { now: Date.now },
      migrations: testMigrations,
    });
    expect(await reopened.readOutbox(10)).toEqual([record(1)]);
    await reopened.close();
    rmSync(copy, { recursive: true });
  });

  it('answer unavailable while another program holds the database, and work again afterwards', async () => {
    const store = await open();
    const other = new Database(path());
    other.exec('begin immediate');
    const blocked = { code: 'unavailable', hint: expect.stringContaining('close the program') };
    const writing = () => store.transaction((tx) => tx.updateTable('counter').set({ n: 1 }).execute());
    await expect(writing()).rejects.toMatchObject(blocked);
    // Records of reads and uses are not in the database, so nothing holds them up.
    await store.appendRecord(record(1));
    expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 0 }]);
    const retried = writing();
    await pause(100);
    other.exec('rollback');
    other.close();
    await retried;
    await store.transaction((tx) => store.appendRecordIn(tx, record(2)));
    await store.close();
  });

  it('refuse a folder that cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const opening = openStore({
      service: 'kms',
      folder: join(folder, 'file', 'x'),
      clock: { now: Date.now },
      migrations: [],
    });
    await expect(opening).rejects.toMatchObject({ code: 'unavailable', hint: expect.stringContaining('path') });
  });
});
