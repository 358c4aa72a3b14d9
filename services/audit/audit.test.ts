import { afterAll, beforeAll, describe } from 'vitest';
import { type PostgresServer, postgresMissing, startPostgres } from '../../platform/store/testing/postgres-server.ts';
import { describeAudit } from './testing/conformance.ts';

describe('audit service on SQLite', () => {
  describeAudit(
    () => ({}),
    async () => undefined,
  );
});

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'audit service on PostgreSQL' : `audit service on PostgreSQL (skipped: ${missing})`,
  () => {
    let server: PostgresServer;
    let databases = 0;
    let url = '';
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());

    describeAudit(
      () => ({ url }),
      async () => {
        url = await createDatabase(server.url, `audit_${++databases}`);
      },
    );
  },
);

async function createDatabase(server: string, name: string): Promise<string> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
