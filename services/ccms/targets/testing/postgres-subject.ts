import pg from 'pg';
import { startPostgres } from '../../../../platform/store/testing/postgres-server.ts';
import type { Credential, Endpoint, Tls } from '../port.ts';
import { type PostgresRotation, postgresRotation } from '../postgres/rotation.ts';
import type { Subject } from './subject.ts';

export interface PostgresSubject extends Subject {
  /** As the superuser, in the target's database unless another is named; one statement after another. */
  root(...statements: string[]): Promise<Record<string, unknown>[]>;
  readonly settings: PostgresRotation;
  readonly url: string;
}

const ROTATOR: Credential = { username: 'ccms_rotator', password: Buffer.from('rotator') };
export const LIMITS = { connectTimeoutMs: 5000, statementTimeoutMs: 5000 };

/** The bootstrap of spec ccms 3.6.5: a rotator that is no superuser. */
export async function postgresSubject(): Promise<PostgresSubject> {
  const server = await startPostgres();
  const url = await server.database();
  const { port, pathname } = new URL(url);
  const database = pathname.slice(1);
  const root: PostgresSubject['root'] = async (...statements) => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
      return rows;
    } finally {
      await client.end();
    }
  };
  await root(
    'CREATE ROLE shop_owner NOLOGIN',
    "CREATE ROLE ccms_rotator LOGIN CREATEROLE PASSWORD 'rotator'",
    'GRANT shop_owner TO ccms_rotator WITH ADMIN OPTION',
    `ALTER DATABASE ${database} OWNER TO shop_owner`,
    `REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${database} TO shop_owner`,
    'GRANT ALL ON SCHEMA public TO shop_owner',
    'CREATE TABLE stock (id int primary key)',
    'ALTER TABLE stock OWNER TO shop_owner',
  );
  const endpoint = (at: number): Endpoint => ({ host: '127.0.0.1', port: at });
  const settings: PostgresRotation = {
    name: 'postgres of the shop',
    endpoints: [endpoint(Number(port))],
    tls: { mode: 'plain' } satisfies Tls,
    admin: ROTATOR,
    ...LIMITS,
    database,
    ownerRole: 'shop_owner',
    users: ['shop_a', 'shop_b'],
    testStatement: 'SELECT count(*) FROM stock',
  };
  return {
    root,
    settings,
    url,
    serverPort: Number(port),
    target: (at = Number(port)) => postgresRotation({ ...settings, endpoints: [endpoint(at)] }),
    async connect(credential) {
      const client = new pg.Client({
        host: '127.0.0.1',
        port: Number(port),
        database,
        user: credential.username,
        password: credential.password.toString(),
      });
      client.on('error', () => undefined);
      await client.connect();
      return {
        async work() {
          await client.query('SELECT count(*) FROM stock');
        },
        close: () => void client.end().catch(() => undefined),
      };
    },
    async sessions(username) {
      const rows = await root(`SELECT 1 FROM pg_stat_activity WHERE usename = ${pg.escapeLiteral(username)}`);
      return rows.length;
    },
    kill: () => server.crash(),
    start: () => server.start(),
    stop: () => server.stop(),
  };
}
