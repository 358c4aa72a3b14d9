/**
 * PostgreSQL users that live as long as a lease (spec ccms 3.7). They act as a role that somebody else made, like the
 * users of a rotation, so nothing is granted to them and dropping them leaves nothing behind.
 */
import { randomBytes } from 'node:crypto';
import { checkName, checkPassword } from '../credential-rules.ts';
import { UserFailures } from '../each-user.ts';
import { TargetFailure } from '../failure.ts';
import type { DynamicTarget } from '../port.ts';
import { endSessions, joinUser } from './end-sessions.ts';
import { fromPostgres } from './failures.ts';
import { SALT_BYTES, scramVerifier } from './scram.ts';
import { MAX_NAME_BYTES, type PostgresConnection, quoteName, quoteText, type Session, withSession } from './session.ts';

export interface PostgresDynamic extends PostgresConnection {
  /** What the users may do; takes over what they leave. */
  readonly actAs: string;
  /** Marks the users as ours: no other user is listed, changed or dropped. */
  readonly prefix: string;
  readonly maxConnections?: number;
}

export function postgresDynamic(target: PostgresDynamic): DynamicTarget {
  const where = target.name;
  const check = (username: string) => {
    checkName(username, MAX_NAME_BYTES, where);
    checkName(target.actAs, MAX_NAME_BYTES, where);
    if (target.prefix === '' || !username.startsWith(target.prefix) || username === target.actAs)
      throw new TargetFailure('name-unsuitable', where);
  };
  const asAdmin = <T>(work: (session: Session) => Promise<T>, database = target.database) =>
    withSession(target, { credential: target.admin, database }, work);

  return {
    expiry: 'exact',
    maxUsernameLength: MAX_NAME_BYTES,

    async create(user, expiresAt) {
      check(user.username);
      checkPassword(user.password, where);
      const name = quoteName(user.username);
      const verifier = quoteText(scramVerifier(user.password, randomBytes(SALT_BYTES)));
      await asAdmin((session) =>
        session.transaction(async () => {
          const verb = (await exists(session, user.username)) ? 'ALTER' : 'CREATE';
          const limit = Math.trunc(target.maxConnections ?? -1);
          await session.query(
            `${verb} ROLE ${name} LOGIN INHERIT PASSWORD ${verifier} CONNECTION LIMIT ${limit} VALID UNTIL ${time(expiresAt)}`,
          );
          await session.query(`GRANT ${quoteName(target.actAs)} TO ${name}`);
          await session.query(
            `ALTER ROLE ${name} IN DATABASE ${quoteName(target.database)} SET role = ${quoteText(target.actAs)}`,
          );
        }),
      );
    },

    renew(username, expiresAt) {
      check(username);
      return asAdmin(async (session) => {
        if (!(await exists(session, username))) return 'absent';
        await session.query(`ALTER ROLE ${quoteName(username)} VALID UNTIL ${time(expiresAt)}`);
        return 'renewed';
      });
    },

    async revoke(usernames) {
      const failures = new UserFailures((error) => fromPostgres(error, where));
      const takeOver = async (session: Session, username: string) => {
        await session.query(`REASSIGN OWNED BY ${quoteName(username)} TO ${quoteName(target.actAs)}`);
        await session.query(`DROP OWNED BY ${quoteName(username)}`);
      };
      await asAdmin(async (session) => {
        const locked = await failures.each(usernames, async (username) => {
          check(username);
          if (!(await exists(session, username))) return false;
          await session.query(`ALTER ROLE ${quoteName(username)} NOLOGIN PASSWORD NULL VALID UNTIL '-infinity'`);
          return joinUser(session, username);
        });
        for (const username of await endSessions(session, locked))
          failures.set(username, new TargetFailure('sessions-left', where));
        // A client can leave the role it acts as (SET ROLE NONE) and then owns what it makes, in every database.
        const elsewhere = new Map<string, string[]>();
        await failures.each(locked, async (username) => {
          for (const database of await databasesWithTraces(session, username))
            if (database !== target.database) elsewhere.set(database, [...(elsewhere.get(database) ?? []), username]);
        });
        for (const [database, owners] of elsewhere)
          await asAdmin((there) => failures.each(owners, (username) => takeOver(there, username)), database);
        await failures.each(locked, (username) =>
          session.transaction(async () => {
            if (!(await exists(session, username))) return;
            await takeOver(session, username);
            await session.query(`DROP ROLE ${quoteName(username)}`);
          }),
        );
      });
      return failures;
    },

    list(limit, after = '') {
      return asAdmin(async (session) => {
        const rows = await session.query(
          `SELECT rolname, (extract(epoch FROM rolvaliduntil) * 1000)::float8 AS ends FROM pg_roles
            WHERE starts_with(rolname, $1) AND rolname > $2::name ORDER BY rolname LIMIT $3`,
          [target.prefix, after, limit],
        );
        return rows.map((row) => ({
          username: String(row.rolname),
          expiresAt: typeof row.ends === 'number' && Number.isFinite(row.ends) ? row.ends : undefined,
        }));
      });
    },
  };
}

async function exists(session: Session, username: string): Promise<boolean> {
  return (await session.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [username])).length > 0;
}

/** Where the user owns something or was granted something. */
async function databasesWithTraces(session: Session, username: string): Promise<string[]> {
  const rows = await session.query(
    `SELECT DISTINCT d.datname FROM pg_shdepend s JOIN pg_database d ON d.oid = s.dbid
       JOIN pg_roles r ON r.oid = s.refobjid
      WHERE s.refclassid = 'pg_authid'::regclass AND r.rolname = $1`,
    [username],
  );
  return rows.map((row) => String(row.datname));
}

function time(milliseconds: number): string {
  return quoteText(new Date(milliseconds).toISOString());
}
