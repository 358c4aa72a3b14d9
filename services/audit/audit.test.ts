import { afterAll, beforeAll, describe } from 'vitest';
import { type PostgresServer, postgresMissing, startPostgres } from '../../platform/store/testing/postgres-server.ts';
import { describeBoots } from './testing/boots-conformance.ts';
import { describeAudit } from './testing/conformance.ts';
import { describeLog } from './testing/log-conformance.ts';
import { describeTail } from './testing/tail-conformance.ts';

describe('audit service on SQLite', () => {
  const options = () => ({});
  const reset = async () => undefined;
  describeAudit(options, reset);
  describeLog(options, reset);
  describeBoots(options, reset);
  describeTail(options, reset);
});

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(
  missing === undefined ? 'audit service on PostgreSQL' : `audit service on PostgreSQL (skipped: ${missing})`,
  () => {
    let server: PostgresServer;
    let stores = 0;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server?.stop());

    const options = () => ({ url: server.url, name: `audit_${stores}` });
    const reset = async () => {
      stores++;
    };
    describeAudit(options, reset);
    describeLog(options, reset);
    describeBoots(options, reset);
    describeTail(options, reset);
  },
);
