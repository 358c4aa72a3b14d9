/**
 * MariaDB users that live as long as a lease (spec ccms 3.7). MariaDB has no moment at which an account ends: the
 * password's lifetime in whole days is the nearest thing, and stands in when nobody revokes. Listing needs
 * SELECT (User, Host, Plugin) on mysql.user.
 */
import { createdAtOf } from '../../domain/leases/username.ts';
import { checkName, checkPassword } from '../credential-rules.ts';
import { UserFailures } from '../each-user.ts';
import { TargetFailure } from '../failure.ts';
import type { DynamicTarget } from '../port.ts';
import { endSessions } from './end-sessions.ts';
import { CANNOT_USER, errorNumber, fromMariaDb } from './failures.ts';
import { type Grant, grantStatement } from './grants.ts';
import { nativePasswordHash, scrambledHash } from './native-password.ts';
import { type Account, quoteAccount, quoteText } from './quote.ts';
import { MAX_NAME_BYTES, type MariaDbConnection, type Session, withSession } from './session.ts';

export interface MariaDbDynamic extends MariaDbConnection {
  readonly grants: readonly Grant[];
  /** Marks the users as ours: no other user is listed, changed or dropped. */
  readonly prefix: string;
  readonly maxConnections?: number;
}

const DAY_MS = 86_400_000;
const MAX_DAYS = 65_535;
/** Clocks differ; the database must never be earlier than the lease. */
const SLACK_MS = 3_600_000;

export function mariaDbDynamic(target: MariaDbDynamic): DynamicTarget {
  const where = target.name;
  const account = (username: string): Account => ({ username, host: target.fromHost });
  const check = (username: string) => {
    checkName(username, MAX_NAME_BYTES, where);
    if (target.prefix === '' || !username.startsWith(target.prefix)) throw new TargetFailure('name-unsuitable', where);
  };
  const asAdmin = <T>(work: (session: Session) => Promise<T>) =>
    withSession(target, { credential: target.admin }, work);
  const lifetime = (from: number, expiresAt: number) => {
    const days = Math.ceil((expiresAt + SLACK_MS - from) / DAY_MS);
    return `PASSWORD EXPIRE INTERVAL ${Math.min(MAX_DAYS, Math.max(1, days))} DAY`;
  };

  return {
    expiry: 'days',
    maxUsernameLength: MAX_NAME_BYTES,

    // No transaction spans these: the account opens with the last of them.
    async create(user, expiresAt, now) {
      check(user.username);
      checkPassword(user.password, where);
      const self = quoteAccount(account(user.username));
      const hash = nativePasswordHash(user.password);
      await asAdmin(async (session) => {
        await session.run(
          `CREATE USER IF NOT EXISTS ${self} IDENTIFIED VIA mysql_native_password USING ${quoteText(scrambledHash())} ACCOUNT LOCK`,
        );
        for (const grant of target.grants) await session.run(grantStatement(grant, account(user.username), where));
        await session.run(
          `ALTER USER ${self} IDENTIFIED VIA mysql_native_password USING ${quoteText(hash)} WITH MAX_USER_CONNECTIONS ${Math.trunc(target.maxConnections ?? 0)} ${lifetime(now, expiresAt)} ACCOUNT UNLOCK`,
        );
      });
    },

    // The days count from the making of the password, which the name tells.
    renew(username, expiresAt, now) {
      check(username);
      return asAdmin(async (session) =>
        (await changed(
          session,
          `ALTER USER ${quoteAccount(account(username))} ${lifetime(createdAtOf(username) ?? now, expiresAt)}`,
        ))
          ? 'renewed'
          : 'absent',
      );
    },

    async revoke(usernames) {
      const failures = new UserFailures((error) => fromMariaDb(error, where));
      await asAdmin(async (session) => {
        const locked = await failures.each(usernames, async (username) => {
          check(username);
          const lock = `IDENTIFIED VIA mysql_native_password USING ${quoteText(scrambledHash())} ACCOUNT LOCK`;
          // Also when the account is gone: somebody may have dropped it, and a session outlives its account.
          await changed(session, `ALTER USER ${quoteAccount(account(username))} ${lock}`);
        });
        for (const username of await endSessions(session, locked, target.fromHost))
          failures.set(username, new TargetFailure('sessions-left', where));
        await failures.each(locked, (username) =>
          session.run(`DROP USER IF EXISTS ${quoteAccount(account(username))}`),
        );
      });
      return failures;
    },

    list(limit, after = '') {
      return asAdmin(async (session) => {
        const rows = await session.rows(
          `SELECT User AS username FROM mysql.user
            WHERE Host = ${quoteText(target.fromHost)} AND Plugin <> ''
              AND LEFT(User, ${target.prefix.length}) = BINARY ${quoteText(target.prefix)}
              AND User > BINARY ${quoteText(after)}
            ORDER BY BINARY User LIMIT ${Math.trunc(limit)}`,
        );
        return rows.map((row) => ({ username: String(row.username), expiresAt: undefined }));
      });
    },
  };
}

/** False when the account does not exist. */
async function changed(session: Session, statement: string): Promise<boolean> {
  try {
    await session.run(statement);
    return true;
  } catch (error) {
    if (errorNumber(error) === CANNOT_USER) return false;
    throw error;
  }
}
