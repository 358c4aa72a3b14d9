import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { USERNAME_PREFIX } from '../../domain/leases/username.ts';
import { revokeOne } from '../each-user.ts';
import type { DynamicTarget } from '../port.ts';
import { type DynamicSubject, describeDynamicTarget, newUser } from '../testing/dynamic-conformance.ts';
import { type PostgresSubject, postgresSubject } from '../testing/postgres-subject.ts';
import { logsIn } from '../testing/subject.ts';
import { postgresDynamic } from './dynamic.ts';

type PostgresDynamicSubject = DynamicSubject & PostgresSubject;

async function subjectOfLeases(): Promise<PostgresDynamicSubject> {
  const subject = await postgresSubject();
  const { settings } = subject;
  return {
    ...subject,
    dynamic: (port = subject.serverPort) =>
      postgresDynamic({
        ...settings,
        endpoints: [{ host: '127.0.0.1', port }],
        actAs: 'shop_owner',
        prefix: USERNAME_PREFIX,
      }),
    async exists(username) {
      return (await subject.root(`SELECT 1 FROM pg_roles WHERE rolname = ${pg.escapeLiteral(username)}`)).length > 0;
    },
  };
}

describeDynamicTarget('PostgreSQL users with a lease', subjectOfLeases);

describe('PostgreSQL users with a lease', () => {
  let subject: PostgresDynamicSubject;
  let target: DynamicTarget;
  beforeAll(async () => {
    subject = await subjectOfLeases();
    target = subject.dynamic();
  });
  afterAll(() => subject?.stop());

  it('are ended by the database itself when nobody else does', async () => {
    const user = newUser(target);
    await target.create(user, Date.now() + 3_600_000, Date.now());
    expect(await logsIn(subject, user)).toBe(true);
    await target.renew(user.username, Date.now() + 500, Date.now());
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await logsIn(subject, user)).toBe(false);
    const [found] = await target.list(1);
    expect(Math.abs(found!.expiresAt! - Date.now())).toBeLessThan(5000);
    await revokeOne(target, user.username);
  });

  it('leave what they made to the role they acted as, in every database', async () => {
    const home = subject.settings.database;
    const databases = [home, `${home}_other`];
    const root = async (database: string, statement: string) => {
      const client = new pg.Client({ connectionString: subject.url.replace(/[^/]*$/, database) });
      await client.connect();
      try {
        return (await client.query<{ owner: string }>(statement)).rows;
      } finally {
        await client.end();
      }
    };
    const owner = "SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'mine'";
    await root(home, `CREATE DATABASE ${databases[1]} OWNER shop_owner`);
    const user = newUser(target);
    await target.create(user, Date.now() + 3_600_000, Date.now());
    for (const database of databases) {
      await root(database, 'GRANT CREATE ON SCHEMA public TO PUBLIC');
      const client = new pg.Client({
        host: '127.0.0.1',
        port: subject.serverPort,
        database,
        user: user.username,
        password: user.password.toString(),
      });
      await client.connect();
      await client.query('SET ROLE NONE');
      await client.query('CREATE TABLE public.mine (id int)');
      await client.end();
      expect(await root(database, owner)).toEqual([{ owner: user.username }]);
    }
    await revokeOne(target, user.username);
    expect(await subject.exists(user.username)).toBe(false);
    for (const database of databases) expect(await root(database, owner)).toEqual([{ owner: 'shop_owner' }]);
  });
});
