import { describe, expect, it } from 'vitest';
import type { Migration, Store } from '../index.ts';
import { freshService, type OpenStore, pause, type TestTables, testMigrations, times } from './fixture.ts';

const addEntry: Migration = {
  name: '0002_entry',
  async up(db) {
    await db.insertInto('entry').values({ id: 'by-migration', counter_id: 'c' }).execute();
  },
};

async function entries(store: Store<TestTables>): Promise<string[]> {
  return (await store.read.selectFrom('entry').select('id').execute()).map(({ id }) => id);
}

export function describeMigrations(open: OpenStore): void {
  const opened = async <T>(
    service: string,
    migrations: readonly Migration[],
    work: (store: Store<TestTables>) => Promise<T>,
  ): Promise<T> => {
    const store = await open({ service, migrations });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  };
  const nothing = () => Promise.resolve();

  describe('migrations', () => {
    it('applies each migration once, over several starts', async () => {
      const service = freshService();
      await opened(service, testMigrations, nothing);
      expect(await opened(service, [...testMigrations, addEntry], entries)).toEqual(['by-migration']);
      expect(await opened(service, [...testMigrations, addEntry], entries)).toEqual(['by-migration']);
    });

    it('leaves the old schema when a migration fails', async () => {
      const service = freshService();
      const broken: Migration = { name: '0003_broken', up: () => Promise.reject(new Error('broken migration')) };
      await opened(service, testMigrations, nothing);
      const failing = open({ service, migrations: [...testMigrations, addEntry, broken] });
      await expect(failing).rejects.toThrow('broken migration');
      expect(await opened(service, testMigrations, entries)).toEqual([]);
    });

    it('refuses a database written by a newer release', async () => {
      const service = freshService();
      await opened(service, [...testMigrations, addEntry], nothing);
      await expect(open({ service, migrations: testMigrations })).rejects.toMatchObject({
        code: 'newer-schema',
        message: expect.stringContaining(`${service}/0002_entry`),
        hint: expect.stringContaining('newer release'),
      });
    });

    it('refuses a migration that was edited after use or comes too late', async () => {
      const service = freshService();
      await opened(service, [...testMigrations, addEntry], nothing);
      const edited: Migration = {
        name: '0002_entry',
        async up(db) {
          await db.insertInto('entry').values({ id: 'something-else', counter_id: 'c' }).execute();
        },
      };
      const late: Migration = { name: '0001_late', up: nothing };
      for (const migrations of [
        [...testMigrations, edited],
        [...testMigrations, late, addEntry],
      ]) {
        await expect(open({ service, migrations })).rejects.toMatchObject({ code: 'schema-mismatch' });
      }
    });

    it('migrates once when several processes start at the same moment', async () => {
      const service = freshService();
      const slow: Migration = {
        name: '0003_slow',
        async up(db) {
          await pause(20);
          await db.insertInto('entry').values({ id: 'slow', counter_id: 'c' }).execute();
        },
      };
      const starts = await Promise.allSettled(
        times(4, () => open({ service, migrations: [...testMigrations, addEntry, slow] })),
      );
      const stores = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
      const refusals = starts.flatMap((start) => (start.status === 'rejected' ? [start.reason] : []));
      try {
        expect(stores.length).toBeGreaterThan(0);
        for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'locked' });
        for (const store of stores) expect((await entries(store)).toSorted()).toEqual(['by-migration', 'slow']);
      } finally {
        await Promise.all(stores.map((store) => store.close()));
      }
    });

    it('refuses names that are not plain words', async () => {
      for (const service of ['', '../kms', 'KMS', 'a b', 'a"b']) {
        await expect(open({ service })).rejects.toMatchObject({ code: 'misuse' });
      }
    });
  });
}
