/**
 * MariaDB, alternating users (spec ccms 3.6.6): two accounts with equal grants. The rotator needs CREATE USER and
 * CONNECTION ADMIN, and to make the accounts also what they are granted, WITH GRANT OPTION.
 */
import { checkChange, checkRetirement, type UserPair, usernameAfter } from '../alternating-pair.ts';
import { checkName, checkPassword, wrongPassword } from '../credential-rules.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, RotationTarget } from '../port.ts';
import { endSessions } from './end-sessions.ts';
import { type Grant, grantStatement, ownGrants } from './grants.ts';
import { nativePasswordHash, scrambledHash } from './native-password.ts';
import { type Account, quoteAccount, quoteText } from './quote.ts';
import { MAX_NAME_BYTES, type MariaDbConnection, probe, type Session, withSession } from './session.ts';

export interface MariaDbRotation extends MariaDbConnection {
  readonly users: UserPair;
  readonly grants: readonly Grant[];
  /** Run in a read-only transaction as the pending user. */
  readonly testStatement?: string;
}

export function mariaDbRotation(target: MariaDbRotation): RotationTarget {
  const { name: where, users } = target;
  const account = (username: string): Account => ({ username, host: target.fromHost });
  const asAdmin = <T>(work: (session: Session) => Promise<T>) =>
    withSession(target, { credential: target.admin }, work);
  const checkNames = () => {
    for (const name of users) checkName(name, MAX_NAME_BYTES, where);
    if (users[0] === users[1]) throw new TargetFailure('name-unsuitable', where);
  };

  /** A definite answer, or the reason why there is none. */
  const accepts = async (credential: Credential, endpoint = target.endpoints[0]): Promise<boolean> => {
    const result = await probe(target, credential, endpoint);
    if (result.answer === 'unreachable') throw result.failure;
    return result.answer === 'valid';
  };

  const inspect = (credential: Credential, endpoint = target.endpoints[0]) =>
    withSession(target, { credential, endpoint }, async (session) => {
      const self = account(credential.username);
      const [row] = await session.rows('SELECT current_user() AS self');
      if (row?.self !== `${self.username}@${self.host}`) throw new TargetFailure('wrong-identity', where);
      if (target.testStatement !== undefined) {
        await session.run('START TRANSACTION READ ONLY');
        await session.rows(target.testStatement);
        await session.run('ROLLBACK');
      }
      return ownGrants(session, self);
    });

  return {
    overlap: 'alternating-users',
    usernameAfter: (current) => usernameAfter(users, current),
    probe: (credential) => probe(target, credential),

    // No transaction spans these: an account is made locked, so a crash leaves nobody with half of the grants.
    async prepare() {
      checkNames();
      await asAdmin(async (session) => {
        for (const user of users) {
          await session.run(
            `CREATE USER IF NOT EXISTS ${quoteAccount(account(user))} IDENTIFIED VIA mysql_native_password USING ${quoteText(scrambledHash())} ACCOUNT LOCK`,
          );
          for (const grant of target.grants) await session.run(grantStatement(grant, account(user), where));
        }
      });
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
      const hash = nativePasswordHash(change.pending.password);
      await asAdmin((session) =>
        session.run(
          `ALTER USER ${quoteAccount(account(change.pending.username))} IDENTIFIED VIA mysql_native_password USING ${quoteText(hash)} PASSWORD EXPIRE NEVER ACCOUNT UNLOCK`,
        ),
      );
    },

    async verify(change) {
      checkChange(users, change, where);
      for (const endpoint of target.endpoints) {
        if (!(await accepts(change.pending, endpoint))) throw new TargetFailure('pending-refused', where);
        if (await accepts(wrongPassword(change.pending.username), endpoint))
          throw new TargetFailure('accepts-anything', where);
        const grants = await inspect(change.pending, endpoint);
        // After a reset there may be nobody to compare with.
        if (change.current === undefined || !(await accepts(change.current, endpoint))) continue;
        // Never copied from one to the other: a right that somebody added to one of them is for a person to judge.
        const expected = await inspect(change.current, endpoint);
        if (expected.join('\n') !== grants.join('\n')) throw new TargetFailure('grant-drift', where);
      }
    },

    // ALTER USER is durable when it is answered, and replicas follow on their own: what is left is to look once more.
    async finish(change) {
      for (const endpoint of target.endpoints)
        if (!(await accepts(change.pending, endpoint))) throw new TargetFailure('pending-refused', where);
    },

    async retire(retirement) {
      checkNames();
      checkRetirement(users, retirement, where);
      const self = account(retirement.outgoing.username);
      await asAdmin(async (session) => {
        await session.run(
          `ALTER USER ${quoteAccount(self)} IDENTIFIED VIA mysql_native_password USING ${quoteText(scrambledHash())} ACCOUNT LOCK`,
        );
        if (retirement.sessions !== 'end') return;
        const left = await endSessions(session, [self.username], self.host);
        if (left.length > 0) throw new TargetFailure('sessions-left', where);
      });
    },
  };
}
