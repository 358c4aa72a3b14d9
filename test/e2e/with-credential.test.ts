/** The typed client with a credential that is rotated under it, against a real PostgreSQL. */
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startPostgres } from '../../platform/store/testing/postgres-server.ts';
import { type Credential, createParapet, isAuthenticationError, type Parapet, Secret } from '../../sdk/index.ts';
import { adminCredentials } from '../harness/clients.ts';
import { uniqueName } from '../harness/people.ts';

const server = inject('server');
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let url: string;
let parapet: Parapet;
const SecretId = uniqueName('app');

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.database();
  await root("CREATE ROLE consumer LOGIN PASSWORD 'one'");
  parapet = createParapet({
    endpoint: server.endpoint,
    credentials: adminCredentials(server),
    ca: readFileSync(server.caPath),
  });
  await parapet.ccms.createSecret({ Name: SecretId, SecretString: secretOf('one') });
}, 60_000);
afterAll(async () => {
  parapet.close();
  await root('DROP ROLE consumer').catch(() => undefined);
  await postgres.stop();
});

async function root(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
const secretOf = (password: string) => JSON.stringify({ username: 'consumer', password });

const logins: string[] = [];
async function whoAmI(credential: Credential<{ username: string; password: string }>): Promise<string> {
  expect(credential).toBeInstanceOf(Secret);
  const { username, password } = credential.reveal();
  logins.push(password);
  const at = new URL(url);
  const database = at.pathname.slice(1);
  const client = new pg.Client({ host: at.hostname, port: Number(at.port), database, user: username, password });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<{ current_user: string }>('SELECT current_user')).rows[0]?.current_user ?? '';
  } finally {
    await client.end();
  }
}
const work = () => parapet.withCredential(SecretId, whoAmI);

it('goes on after a rotation, and says so when there is no other credential', async () => {
  expect(await work()).toBe('consumer');
  await root("ALTER ROLE consumer PASSWORD 'two'");
  await parapet.ccms.putSecretValue({ SecretId, SecretString: secretOf('two') });
  expect(await Promise.all([work(), work(), work()])).toEqual(['consumer', 'consumer', 'consumer']);
  expect(logins.filter((password) => password === 'two')).toHaveLength(3);
  await root("ALTER ROLE consumer PASSWORD 'nobody knows'");
  logins.length = 0;
  await expect(work()).rejects.toSatisfy(isAuthenticationError);
  expect(logins).toEqual(['two']);
});
