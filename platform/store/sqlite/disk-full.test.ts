import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store, StoreError } from '../index.ts';
import { record, type TestTables, testMigrations } from '../testing/fixture.ts';
import { SqliteWriter } from './driver.ts';

const TMPFS_MAGIC = 0x01021994;

// Mounting needs privileges that a developer's account and most containers lack.
function smallDisk(bytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

const disk = smallDisk(2 * 1024 * 1024);
afterAll(() => {
  if (disk === undefined) return;
  execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true });
});

const ballast = (folder: string) => join(folder, 'ballast');
const fill = (folder: string, leaveBytes: number) => {
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(ballast(folder), Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
};

describe.skipIf(disk === undefined)(
  `full disk${disk === undefined ? ' (skipped: mounting a tmpfs is not permitted)' : ''}`,
  () => {
    const folder = disk ?? '';
    let store: Store<TestTables>;
    beforeAll(async () => {
      expect(statfsSync(folder).type).toBe(TMPFS_MAGIC);
      store = await openStore<TestTables>({
        service: 'kms',
        folder,
        clock: { now: Date.now },
        migrations: testMigrations,
      });
    });
    afterAll(() => store.close());

    it('keeps what was acknowledged, refuses the rest as disk-full, and works again when space is freed', async () => {
      let n = 0;
      const kept: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        fill(folder, 200_000);
        let failure: unknown;
        while (failure === undefined) {
          n += 1;
          const pair = n;
          const text = 'z'.repeat(10_000);
          // Both ways to the disk, alternately: a state change with its record, and the group commit.
          const writing =
            n % 2 === 0
              ? store.appendRecord(record(pair, text))
              : store.transaction(async (tx) => {
                  await tx
                    .insertInto('entry')
                    .values({ id: `e${pair}`, counter_id: 'c' })
                    .execute();
                  await store.appendRecordIn(tx, record(pair, text));
                });
          failure = await writing.then(
            () => void kept.push(pair),
            (error: unknown) => error,
          );
        }
        expect(failure).toBeInstanceOf(StoreError);
        expect(failure).toMatchObject({ code: 'disk-full', committed: 'no', hint: expect.stringContaining('free') });
        expect((await store.readOutbox(10_000)).map(({ wseq }) => wseq)).toEqual(kept);
        const entries = await store.read.selectFrom('entry').select('id').execute();
        expect(entries.map(({ id }) => id).toSorted()).toEqual(
          kept.flatMap((k) => (k % 2 === 1 ? [`e${k}`] : [])).toSorted(),
        );
        rmSync(ballast(folder));
        await store.deleteOutbox(kept.splice(0).map((k) => `event-${k}`));
        await store.transaction((tx) => tx.deleteFrom('entry').execute());
      }
      expect(await store.health()).toMatchObject({ ok: true });
    });

    it('refuses to start as disk-full and starts when space is freed', async () => {
      fill(folder, 0);
      const options = { service: 'iam', folder, clock: { now: Date.now }, migrations: testMigrations };
      await expect(openStore(options)).rejects.toMatchObject({ code: 'disk-full' });
      rmSync(ballast(folder));
      await (await openStore(options)).close();
    });
  },
);

describe('a database that may not grow', () => {
  it('answers disk-full, keeps nothing of the transaction, and works again when it may', async () => {
    const db = new Database(':memory:');
    db.exec('create table t (x text)');
    const writer = new SqliteWriter(db, 'kms.db', undefined, () => undefined);
    const kysely = new Kysely<{ t: { x: string } }>({
      dialect: {
        createAdapter: () => new SqliteAdapter(),
        createDriver: () => writer,
        createIntrospector: (k) => new SqliteIntrospector(k),
        createQueryCompiler: () => new SqliteQueryCompiler(),
      },
    });
    const insert = () =>
      kysely.transaction().execute(async (tx) => {
        for (let i = 0; i < 20; i += 1)
          await tx
            .insertInto('t')
            .values({ x: 'x'.repeat(5000) })
            .execute();
      });
    db.pragma('max_page_count = 20');
    await expect(insert()).rejects.toMatchObject({ code: 'disk-full' });
    expect(db.prepare('select count(*) as n from t').get()).toEqual({ n: 0 });
    db.pragma('max_page_count = 1000');
    await insert();
    expect(db.prepare('select count(*) as n from t').get()).toEqual({ n: 20 });
    db.close();
  });
});
