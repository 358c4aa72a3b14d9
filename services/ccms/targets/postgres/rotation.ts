/**
 * PostgreSQL, alternating users (spec ccms 3.6.5): two login roles that always act as one owner role which nobody can
 * log in as. What either of them makes belongs to the owner, so both can use it, and no privilege is granted to a user.
 */
import { randomBytes } from 'node:crypto';
import { checkChange, checkRetirement, type UserPair, usernameAfter } from '../alternating-pair.ts';
import { checkName, checkPassword, wrongPassword } from '../credential-rules.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, RotationTarget } from '../port.ts';
import { endSessions, joinUser } from './end-sessions.ts';
import { SALT_BYTES, scramVerifier } from './scram.ts';
import {
  MAX_NAME_BYTES,
  type PostgresConnection,
  probe,
  quoteName,
  quoteText,
  type Session,
  withSession,
} from './session.ts';

export interface PostgresRotation extends PostgresConnection {
  /** NOLOGIN, made by who set the database up; the administrative user can grant it. */
  readonly ownerRole: string;
  readonly users: UserPair;
  /** Run read-only as the pending user, besides the check of who it is. */
  readonly testStatement?: string;
}

export function postgresRotation(target: PostgresRotation): RotationTarget {
  const { name: where, users, ownerRole } = target;
  const asAdmin = <T>(work: (session: Session) => Promise<T>) =>
    withSession(target, { credential: target.admin }, work);
  const checkNames = () => {
    for (const name of [...users, ownerRole]) checkName(name, MAX_NAME_BYTES, where);
    if (users[0] === users[1] || users.includes(ownerRole)) throw new TargetFailure('name-unsuitable', where);
  };

  /** A definite answer, or the reason why there is none. */
  const accepts = async (credential: Credential, endpoint = target.endpoints[0]): Promise<boolean> => {
    const result = await probe(target, credential, endpoint);
    if (result.answer === 'unreachable') throw result.failure;
    return result.answer === 'valid';
  };

  const checkIdentity = (pending: Credential, endpoint = target.endpoints[0]) =>
    withSession(target, { credential: pending, endpoint }, async (session) => {
      const [row] = await session.query('SELECT current_user, session_user');
      if (row?.current_user !== ownerRole || row.session_user !== pending.username)
        throw new TargetFailure('wrong-identity', where);
      if (target.testStatement === undefined) return;
      await session.query('BEGIN READ ONLY');
      await session.query(target.testStatement);
      await session.query('ROLLBACK');
    });

  return {
    overlap: 'alternating-users',
    usernameAfter: (current) => usernameAfter(users, current),
    probe: (credential) => probe(target, credential),

    async prepare() {
      checkNames();
      await asAdmin((session) =>
        session.transaction(async () => {
          // Two that prepare at once: the second waits, and finds the roles.
          await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`parapet/${ownerRole}`]);
          for (const user of users) await makeClosedUser(session, target, user);
        }),
      );
    },

    async set(change) {
      checkNames();
      checkChange(users, change, where);
      checkPassword(change.pending.password, where);
      // INVARIANT: a value that the target accepts already is never sent again.
      if (await accepts(change.pending)) return;
      // SECURITY: the administrative credential acts only for a user who proves to be in.
      if (change.current !== undefined && !(await accepts(change.current)))
        throw new TargetFailure('current-refused', where);
      const verifier = scramVerifier(change.pending.password, randomBytes(SALT_BYTES));
      await asAdmin((session) =>
        session.query(
          `ALTER ROLE ${quoteName(change.pending.username)} LOGIN PASSWORD ${quoteText(verifier)} VALID UNTIL 'infinity'`,
        ),
      );
    },

    async verify(change) {
      checkChange(users, change, where);
      for (const endpoint of target.endpoints) {
        if (!(await accepts(change.pending, endpoint))) throw new TargetFailure('pending-refused', where);
        if (await accepts(wrongPassword(change.pending.username), endpoint))
          throw new TargetFailure('accepts-anything', where);
        await checkIdentity(change.pending, endpoint);
      }
    },

    // ALTER ROLE is durable when it is answered, and replicas follow on their own: what is left is to look once more.
    async finish(change) {
      for (const endpoint of target.endpoints)
        if (!(await accepts(change.pending, endpoint))) throw new TargetFailure('pending-refused', where);
    },

    async retire(retirement) {
      checkNames();
      checkRetirement(users, retirement, where);
      const user = retirement.outgoing.username;
      await asAdmin(async (session) => {
        await session.query(`ALTER ROLE ${quoteName(user)} NOLOGIN PASSWORD NULL`);
        if (retirement.sessions !== 'end') return;
        await joinUser(session, user);
        if ((await endSessions(session, [user])).length > 0) throw new TargetFailure('sessions-left', where);
      });
    },
  };
}

async function makeClosedUser(session: Session, target: PostgresRotation, user: string): Promise<void> {
  const name = quoteName(user);
  const owner = quoteName(target.ownerRole);
  const found = await session.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [user]);
  if (found.length === 0) await session.query(`CREATE ROLE ${name} NOLOGIN`);
  // Without INHERIT the login fails: CONNECT is the owner's.
  await session.query(`ALTER ROLE ${name} INHERIT`);
  await session.query(`GRANT ${owner} TO ${name}`);
  await session.query(
    `ALTER ROLE ${name} IN DATABASE ${quoteName(target.database)} SET role = ${quoteText(target.ownerRole)}`,
  );
}
