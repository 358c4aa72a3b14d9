import { afterAll, beforeAll, describe } from 'vitest';
import { openStore } from './index.ts';
import { describeStore } from './testing/conformance.ts';
import { type TestTables, testMigrations } from './testing/fixture.ts';
import { type PostgresServer, postgresMissing, startPostgres } from './testing/postgres-server.ts';

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'PostgreSQL' : `PostgreSQL (skipped: ${missing})`,
  () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());

    describeStore('PostgreSQL', (options) =>
      openStore<TestTables>({ url: server.url, clock: { now: Date.now }, migrations: testMigrations, ...options }),
    );
  },
);
