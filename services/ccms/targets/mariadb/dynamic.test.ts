import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { USERNAME_PREFIX } from '../../domain/leases/username.ts';
import { revokeOne } from '../each-user.ts';
import type { DynamicTarget } from '../port.ts';
import { type DynamicSubject, describeDynamicTarget, newUser } from '../testing/dynamic-conformance.ts';
import { type MariaDbSubject, mariaDbSubject } from '../testing/mariadb-subject.ts';
import { mariaDbDynamic } from './dynamic.ts';

type MariaDbDynamicSubject = DynamicSubject & MariaDbSubject;

async function subjectOfLeases(): Promise<MariaDbDynamicSubject> {
  const subject = await mariaDbSubject();
  const { settings } = subject;
  return {
    ...subject,
    dynamic: (port = subject.serverPort) =>
      mariaDbDynamic({ ...settings, endpoints: [{ host: '127.0.0.1', port }], prefix: USERNAME_PREFIX }),
    async exists(username) {
      return (await subject.server.root(`SELECT 1 FROM mysql.user WHERE User = ${mysql.escape(username)}`)).length > 0;
    },
  };
}

describeDynamicTarget('MariaDB users with a lease', subjectOfLeases);

describe('MariaDB users with a lease', () => {
  let subject: MariaDbDynamicSubject;
  let target: DynamicTarget;
  beforeAll(async () => {
    subject = await subjectOfLeases();
    target = subject.dynamic();
  });
  afterAll(() => subject?.stop());

  it('have a password whose life, in days, is no shorter than the lease', async () => {
    const now = Date.now();
    const user = newUser(target, now);
    const days = async () => {
      const [row] = await subject.server.root(
        `SELECT json_value(Priv, '$.password_lifetime') AS days FROM mysql.global_priv WHERE User = ${mysql.escape(user.username)}`,
      );
      return Number(row?.days);
    };
    await target.create(user, now + 3_600_000, now);
    expect(await days()).toBe(1);
    await target.renew(user.username, now + 30 * 3_600_000, now + 3_000_000);
    expect(await days()).toBe(2);
    await revokeOne(target, user.username);
  });

  it('lose their sessions even when somebody has dropped them already', async () => {
    const user = newUser(target);
    await target.create(user, Date.now() + 3_600_000, Date.now());
    const session = await subject.connect(user);
    await subject.server.root(`DROP USER ${mysql.escape(user.username)}@'%'`);
    // What makes the order of revocation matter.
    await session.work();
    await revokeOne(target, user.username);
    await expect(session.work()).rejects.toThrow();
    expect(await subject.sessions(user.username)).toBe(0);
  });
});
