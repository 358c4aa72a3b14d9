import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../index.ts';
import { freshService, pause, record, type TestTables, testMigrations, times } from '../testing/fixture.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../testing/postgres-server.ts';

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(
  `PostgreSQL faults${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());

    const open = (service = freshService(), url = server.url): Promise<Store<TestTables>> =>
      openStore<TestTables>({ service, url, clock: { now: Date.now }, migrations: testMigrations });

    async function admin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
      const client = new pg.Client({ connectionString: server.url });
      await client.connect();
      try {
        return await work(client);
      } finally {
        await client.end();
      }
    }

    it('answers unavailable while the server restarts, then goes on with everything that was acknowledged', async () => {
      const store = await open();
      const kept: number[] = [];
      const codes = new Set<unknown>();
      let n = 0;
      let running = true;
      const writer = (async () => {
        while (running) {
          n += 1;
          const id = n;
          const writing =
            id % 2 === 0
              ? store.appendRecord(record(id))
              : store.transaction((tx) => store.appendRecordIn(tx, record(id)));
          await writing.then(
            () => kept.push(id),
            (error: { code: unknown }) => codes.add(error.code),
          );
          await store.read
            .selectFrom('counter')
            .select('n')
            .execute()
            .catch((error) => codes.add(error.code));
          await pause(1);
        }
      })();
      await pause(100);
      await server.restart();
      const before = kept.length;
      await pause(1500);
      running = false;
      await writer;
      expect(codes).toEqual(new Set(['unavailable']));
      expect(kept.length).toBeGreaterThan(before);
      const present = new Set((await store.readOutbox(100_000)).map(({ wseq }) => wseq));
      expect(kept.filter((id) => !present.has(id))).toEqual([]);
      expect(await store.health()).toMatchObject({ ok: true });
      await store.close();
    });

    it('runs a transaction again after a deadlock', async () => {
      const store = await open();
      await store.transaction((tx) => tx.insertInto('counter').values({ id: 'd', n: 0, version: 1 }).execute());
      let attempts = 0;
      let waiting = 0;
      let go: () => void;
      const both = new Promise<void>((resolve) => {
        go = resolve;
      });
      const cross = (first: string, second: string) =>
        store.transaction(async (tx) => {
          attempts += 1;
          const add = (id: string) =>
            tx
              .updateTable('counter')
              .set((eb) => ({ n: eb('n', '+', 1) }))
              .where('id', '=', id)
              .execute();
          await add(first);
          waiting += 1;
          if (waiting === 2) go();
          await both;
          await add(second);
        });
      await Promise.all([cross('c', 'd'), cross('d', 'c')]);
      expect(attempts).toBe(3);
      expect(await store.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 2 }, { n: 2 }]);
      await store.close();
    });

    it('relays a record whose transaction commits after later ones were relayed and deleted', async () => {
      const store = await open();
      let finish: () => void = () => undefined;
      const inserted = new Promise<void>((resolve) => {
        void store
          .transaction(async (tx) => {
            await store.appendRecordIn(tx, record(1));
            resolve();
            await new Promise<void>((end) => {
              finish = end;
            });
          })
          .then(() => ended());
      });
      let ended: () => void = () => undefined;
      const committed = new Promise<void>((resolve) => {
        ended = resolve;
      });
      await inserted;
      await store.appendRecord(record(2));
      expect(await store.readOutbox(10)).toEqual([record(2)]);
      await store.deleteOutbox(['event-2']);
      finish();
      await committed;
      expect(await store.readOutbox(10)).toEqual([record(1)]);
      await store.close();
    });

    it('shares one schema among several nodes: jobs, counters and the change feed', async () => {
      const service = freshService();
      const nodes = await Promise.all(times(3, () => open(service)));
      await Promise.all(
        times(60, (i) =>
          nodes[i % 3]!.transaction(async (tx) => {
            const { n } = await tx.selectFrom('counter').select('n').forUpdate().executeTakeFirstOrThrow();
            await tx
              .updateTable('counter')
              .set({ n: n + 1 })
              .execute();
            await nodes[i % 3]!.jobs.enqueue(tx, { type: 'rotate', key: `k${i}` });
            await nodes[i % 3]!.bumpVersion(tx, { kind: 'k', objectId: `${i}`, accountId: null });
          }),
        ),
      );
      expect(await nodes[0]!.read.selectFrom('counter').select('n').execute()).toEqual([{ n: 60 }]);
      expect((await nodes[1]!.changesSince(0, 100)).map(({ v }) => v)).toEqual(times(60, (i) => i + 1));
      const claimed: string[] = [];
      const drain = async (node: Store<TestTables>, owner: string) => {
        for (;;) {
          const jobs = await node.jobs.claim({ types: ['rotate'], owner, leaseMs: 60_000, limit: 7 });
          if (jobs.length === 0) return;
          claimed.push(...jobs.map(({ key }) => key));
        }
      };
      await Promise.all(nodes.map((node, i) => drain(node, `n${i}`)));
      expect(claimed.toSorted()).toEqual(times(60, (i) => `k${i}`).toSorted());
      await Promise.all(nodes.map((node) => node.close()));
    });

    it('goes on when another node changes a table that a prepared statement selects from', async () => {
      const service = freshService();
      const store = await open(service);
      const all = () => store.transaction((tx) => tx.selectFrom('counter').selectAll().execute());
      for (const _ of times(4, (i) => i)) expect(await all()).toHaveLength(1);
      await admin((client) => client.query(`alter table ${service}.counter add column extra bigint`));
      expect(await all()).toEqual([{ id: 'c', n: 0, version: 1, extra: null }]);
      await store.close();
    });

    it('refuses a schema of another program and writes nothing into it', async () => {
      const service = freshService();
      const names = () =>
        admin(
          async (client) =>
            (await client.query('select tablename from pg_tables where schemaname = $1', [service])).rows,
        );
      await admin((client) => client.query(`create schema ${service}; create table ${service}.bookmark (url text)`));
      await expect(open(service)).rejects.toMatchObject({ code: 'schema-mismatch' });
      expect(await names()).toEqual([{ tablename: 'bookmark' }]);
    });

    it('says in a sentence why it cannot connect, without the password', async () => {
      const wrong = new URL(server.url);
      wrong.password = 'wrong-password';
      const nowhere = new URL(server.url);
      nowhere.port = await closedPort();
      const noDatabase = new URL(server.url);
      noDatabase.pathname = '/nothing';
      for (const [url, text] of [
        [wrong, 'refused the login'],
        [nowhere, 'cannot be reached'],
        [noDatabase, 'does not exist'],
      ] as const) {
        const error = await open('kms', url.href).catch((reason: Error) => reason);
        expect(error).toMatchObject({ code: 'unavailable', message: `database of kms ${text}` });
        expect(JSON.stringify(error)).not.toContain('wrong-password');
      }
    });

    const privileged = process.getuid?.() === 0;
    it.skipIf(!privileged)(
      `answers disk-full when its disk is full, and works again when space is freed${privileged ? '' : ' (skipped: mounting a tmpfs needs root)'}`,
      async () => {
        const disk = mkdtempSync(join(tmpdir(), 'parapet-small-'));
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk]);
        try {
          const owner = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
          chownSync(disk, owner, statSync(disk).gid);
          await admin((client) => client.query(`create tablespace small location '${disk}'`));
          await admin((client) => client.query('alter role parapet set default_tablespace = small'));
          const store = await open();
          await admin((client) => client.query('alter role parapet reset default_tablespace'));
          const kept: number[] = [];
          let failure: unknown;
          for (let n = 1; failure === undefined; n += 1) {
            failure = await store
              .transaction(async (tx) => {
                const bytes = randomBytes(50_000); // random, because the server compresses
                await tx
                  .insertInto('sample')
                  .values({ id: `${n}`, number: n, bytes, text: null })
                  .execute();
                await store.appendRecordIn(tx, record(n));
              })
              .then(
                () => void kept.push(n),
                (error: unknown) => error,
              );
          }
          expect(failure).toMatchObject({ code: 'disk-full', hint: expect.stringContaining('free') });
          const rows = await store.read.selectFrom('sample').select('number').orderBy('number').execute();
          expect(rows.map(({ number }) => number)).toEqual(kept);
          expect((await store.readOutbox(1000)).map(({ wseq }) => wseq)).toEqual(kept);
          execFileSync('mount', ['-o', 'remount,size=8m', disk]);
          await store.transaction((tx) => store.appendRecordIn(tx, record(9999)));
          await store.appendRecord(record(10_000));
          await store.close();
        } finally {
          await server.restart();
          execFileSync('umount', ['-l', disk]);
          rmSync(disk, { recursive: true, force: true });
        }
      },
    );
  },
);

function closedPort(): Promise<string> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? String(address.port) : '1'));
    });
  });
}
