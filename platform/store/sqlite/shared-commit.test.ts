import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CommitFaults,
  isForeignKeyViolation,
  isUniqueViolation,
  type Migration,
  openStore,
  type Store,
} from '../index.ts';
import { pause, type TestTables, testMigrations, times } from '../testing/fixture.ts';

interface Tables extends TestTables {
  branch: { id: string; above: string | null };
}

const branches: Migration = {
  name: '0002_branch',
  async up(db) {
    await db.schema
      .createTable('branch')
      .addColumn('id', 'text', (c) => c.primaryKey().notNull())
      .addColumn('above', 'text')
      .addForeignKeyConstraint('branch_above', ['above'], 'branch', ['id'], (c) => c.deferrable().initiallyDeferred())
      .execute();
  },
};

/** `commits` starts when the store is open. */
async function withCounted(
  work: (
    store: Store<Tables>,
    commits: () => number,
    fate: (next: ReturnType<CommitFaults['onCommit']>) => void,
  ) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-shared-'));
  let commits = 0;
  let fate: ReturnType<CommitFaults['onCommit']>;
  const onCommit = () => {
    commits += 1;
    const now = fate;
    fate = undefined;
    return now;
  };
  const store = await openStore<Tables>({
    service: 'shared',
    folder,
    clock: { now: Date.now },
    migrations: [...testMigrations, branches],
    faults: { onCommit },
  });
  commits = 0;
  try {
    await work(
      store,
      () => commits,
      (next) => {
        fate = next;
      },
    );
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const insert = (store: Store<Tables>, id: string) =>
  store.transaction((tx) => tx.insertInto('entry').values({ id, counter_id: 'c' }).execute());
const entries = async (store: Store<Tables>) =>
  (await store.read.selectFrom('entry').select('id').orderBy('id').execute()).map(({ id }) => id);
const settled = async (work: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(work)).map((one) => (one.status === 'fulfilled' ? 'kept' : one.reason));

describe('transactions that come together', () => {
  it('share a commit, and one that comes alone has its own', () =>
    withCounted(async (store, commits) => {
      await Promise.all(times(32, (i) => insert(store, `e${i}`)));
      expect(commits()).toBeLessThanOrEqual(2);
      const before = commits();
      await insert(store, 'alone');
      expect(commits()).toBe(before + 1);
      expect(await entries(store)).toHaveLength(33);
    }));

  it('are answered after the commit, not before', () =>
    withCounted(async (store) => {
      const seen = await Promise.all(
        times(16, async (i) => {
          await insert(store, `e${i}`);
          return (await entries(store)).includes(`e${i}`);
        }),
      );
      expect(seen).toEqual(times(16, () => true));
    }));

  it('see what those before them wrote', () =>
    withCounted(async (store, commits) => {
      const counts = await Promise.all(
        times(8, (i) =>
          store.transaction(async (tx) => {
            await tx
              .insertInto('entry')
              .values({ id: `e${i}`, counter_id: 'c' })
              .execute();
            return (await tx.selectFrom('entry').select('id').execute()).length;
          }),
        ),
      );
      expect(counts).toEqual(times(8, (i) => i + 1));
      expect(commits()).toBeLessThan(8);
    }));

  it('are not kept when the commit is refused, none of them', () =>
    withCounted(async (store, commits, fate) => {
      fate('fail');
      const ends = await settled(times(8, (i) => insert(store, `e${i}`)));
      const refused = ends.filter((end) => end !== 'kept');
      expect(refused.length).toBeGreaterThan(1);
      for (const error of refused) expect(error).toMatchObject({ code: 'unavailable', committed: 'no' });
      expect(await entries(store)).toHaveLength(8 - refused.length);
      expect(commits()).toBeLessThan(8);
      await insert(store, 'later');
      expect(await entries(store)).toContain('later');
    }));

  it('have an unknown outcome when the answer is lost, all of them', () =>
    withCounted(async (store, _commits, fate) => {
      fate('lose-answer');
      const ends = await settled(times(8, (i) => insert(store, `e${i}`)));
      const unknown = ends.filter((end) => end !== 'kept');
      expect(unknown.length).toBeGreaterThan(1);
      for (const error of unknown) expect(error).toMatchObject({ committed: 'unknown' });
      expect(await entries(store)).toHaveLength(8);
    }));

  it('do not suffer from one of them whose foreign key is violated at the commit', () =>
    withCounted(async (store, commits) => {
      const add = (id: string, above: string | null) =>
        store.transaction((tx) => tx.insertInto('branch').values({ id, above }).execute());
      await add('root', null);
      const ends = await settled([add('a', 'root'), add('orphan', 'nobody'), add('b', 'root')]);
      expect(ends.map((end) => (isForeignKeyViolation(end) ? 'violates' : end))).toEqual(['kept', 'violates', 'kept']);
      expect(await store.read.selectFrom('branch').select('id').orderBy('id').execute()).toEqual([
        { id: 'a' },
        { id: 'b' },
        { id: 'root' },
      ]);
      // Once those that were put apart are through, others share again.
      for (let round = 0; ; round++) {
        const before = commits();
        await Promise.all(times(12, (i) => insert(store, `x${round}-${i}`)));
        if (commits() - before <= 2) break;
        expect(round).toBeLessThan(5);
      }
    }));

  it('that fail by what one before them wrote are answered when that can be seen', () =>
    withCounted(async (store) => {
      const twice = async () => {
        const error = await insert(store, 'same').catch((reason: unknown) => reason);
        return [isUniqueViolation(error), (await entries(store)).includes('same')];
      };
      const ends = await Promise.all(times(8, twice));
      expect(ends.filter(([violates]) => violates)).toHaveLength(7);
      expect(ends.map(([, isThere]) => isThere)).toEqual(times(8, () => true));
    }));

  it('that fail by what was never kept are not told that it was there', () =>
    withCounted(async (store, _commits, fate) => {
      fate('fail');
      const ends = await settled(times(8, () => insert(store, 'same')));
      expect(ends.filter((end) => end === 'kept').length).toBe((await entries(store)).length);
      const refused = ends.filter((end) => end !== 'kept' && !isUniqueViolation(end));
      expect(refused.length).toBeGreaterThan(1);
      for (const error of refused) expect(error).toMatchObject({ code: 'unavailable', committed: 'no' });
    }));

  it('are kept by a close that comes at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-shared-'));
    const open = () =>
      openStore<Tables>({
        service: 'shared',
        folder,
        clock: { now: Date.now },
        migrations: [...testMigrations, branches],
      });
    const store = await open();
    const writing = settled(times(8, (i) => insert(store, `e${i}`)));
    await store.close();
    const ends = await writing;
    const again = await open();
    expect(await entries(again)).toHaveLength(ends.filter((end) => end === 'kept').length);
    expect(ends).toContain('kept');
    await again.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    'are each kept whole or not at all, however they end and whoever waits in between',
    () =>
      withCounted(async (store, _commits, fate) => {
        let round = 0;
        const plan = fc.array(
          fc.record({
            rows: fc.integer({ min: 1, max: 3 }),
            end: fc.constantFrom('well', 'throws', 'twice', 'swallows', 'slow'),
          }),
          { minLength: 1, maxLength: 12 },
        );
        await fc.assert(
          fc.asyncProperty(plan, fc.constantFrom(undefined, 'fail' as const), async (works, next) => {
            round += 1;
            fate(next);
            const name = (at: number, row: number) => `${round}-${at}-${row}`;
            const ends = await settled(
              works.map(({ rows, end }, at) =>
                store.transaction(async (tx) => {
                  const add = (row: number) =>
                    tx
                      .insertInto('entry')
                      .values({ id: name(at, row), counter_id: 'c' })
                      .execute();
                  for (let row = 0; row < rows; row++) {
                    await add(row);
                    if (end === 'slow') await pause(1);
                  }
                  if (end === 'throws') throw new Error('changed my mind');
                  if (end === 'twice') await add(0);
                  if (end === 'swallows') await add(0).catch(() => undefined);
                }),
              ),
            );
            const expected = works.flatMap(({ rows }, at) =>
              ends[at] === 'kept' ? times(rows, (row) => name(at, row)) : [],
            );
            const found = (await entries(store)).filter((id) => id.startsWith(`${round}-`));
            expect(found).toEqual(expected.toSorted());
            for (const [at, { end }] of works.entries()) {
              const isWell = end === 'well' || end === 'slow';
              if (!isWell) expect(ends[at]).not.toBe('kept');
              else if (next === undefined) expect(ends[at]).toBe('kept');
            }
          }),
          { numRuns: 60 },
        );
      }),
    60_000,
  );
});
