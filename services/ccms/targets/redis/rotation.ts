/**
 * Redis and Valkey, two passwords on one ACL user (spec ccms 3.6.7). ACLs do not replicate, so every step is done on
 * every node, and what was set is saved there: a node that restarts must still know the password consumers have.
 */
import { checkName, checkPassword, wrongPassword } from '../credential-rules.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, Endpoint, ProbeResult, RotationTarget, TargetConnection } from '../port.ts';
import { passwordHash, readUser } from './acl-user.ts';
import { MAX_NAME_BYTES, probe, type Session, withSession } from './session.ts';

export interface RedisRotation extends TargetConnection {
  readonly user: string;
  /** What the user may do, for a user that does not exist yet: `~app:*`, `&news.*`, `+@read`, `-flushall`. */
  readonly rules: readonly string[];
  /** Where the nodes keep their ACL: `ACL SAVE` or `CONFIG REWRITE`. */
  readonly savedIn: 'aclfile' | 'config';
}

/** Keys, channels, commands. What could let somebody in (nopass, a password, reset) is no rule. */
const RULE = /^(~|%[RW]{1,2}~|&|[+-]@?)\S+$|^(allkeys|resetkeys|allchannels|resetchannels|allcommands|nocommands)$/;

export function redisRotation(target: RedisRotation): RotationTarget {
  const { name: where, user } = target;
  const check = (credential: Credential) => {
    checkName(user, MAX_NAME_BYTES, where);
    if (credential.username !== user) throw new TargetFailure('wrong-identity', where);
  };
  const accepts = async (credential: Credential, endpoint: Endpoint): Promise<boolean> => {
    const result = await probe(target, credential, endpoint);
    if (result.answer === 'unreachable') throw result.failure;
    return result.answer === 'valid';
  };
  const onEveryNode = async (work: (session: Session) => Promise<void>) => {
    for (const endpoint of target.endpoints) await withSession(target, target.admin, endpoint, work);
  };
  const save = (session: Session) =>
    target.savedIn === 'aclfile' ? session.command('ACL', 'SAVE') : session.command('CONFIG', 'REWRITE');

  return {
    overlap: 'dual-password',
    usernameAfter: () => user,

    /** Valid only where every node says so. */
    async probe(credential) {
      let result: ProbeResult = { answer: 'valid' };
      for (const endpoint of target.endpoints) {
        const one = await probe(target, credential, endpoint);
        if (one.answer === 'unreachable') return one;
        if (one.answer === 'refused') result = one;
      }
      return result;
    },

    async prepare() {
      checkName(user, MAX_NAME_BYTES, where);
      if (!target.rules.every((rule) => RULE.test(rule))) throw new TargetFailure('statement-refused', where);
      await onEveryNode(async (session) => {
        if ((await readUser(session, user, where)) === undefined)
          await session.command('ACL', 'SETUSER', user, 'off', ...target.rules);
        await save(session);
      });
    },

    async set(change) {
      check(change.pending);
      if (change.current !== undefined) check(change.current);
      checkPassword(change.pending.password, where);
      const pending = passwordHash(change.pending.password);
      for (const endpoint of target.endpoints) {
        // SECURITY: the administrative credential acts only for a user who proves to be in.
        if (change.current !== undefined && !(await accepts(change.current, endpoint)))
          throw new TargetFailure('current-refused', where);
        await withSession(target, target.admin, endpoint, async (session) => {
          // SETUSER makes a user that does not exist, and one without rules is of no use to anybody.
          const found = await readUser(session, user, where);
          if (found === undefined) throw new TargetFailure('object-missing', where);
          if (found.nopass) throw new TargetFailure('accepts-anything', where);
          if (!found.enabled || !found.passwords.includes(pending))
            await session.command('ACL', 'SETUSER', user, 'on', `#${pending}`);
          await save(session);
        });
      }
    },

    async verify(change) {
      check(change.pending);
      for (const endpoint of target.endpoints) {
        if (!(await accepts(change.pending, endpoint))) throw new TargetFailure('pending-refused', where);
        if (await accepts(wrongPassword(user), endpoint)) throw new TargetFailure('accepts-anything', where);
      }
    },

    async finish(change) {
      check(change.pending);
      await onEveryNode(async (session) => {
        await save(session);
      });
      for (const endpoint of target.endpoints)
        if (!(await accepts(change.pending, endpoint))) throw new TargetFailure('pending-refused', where);
    },

    async retire(retirement) {
      check(retirement.outgoing);
      const outgoing = passwordHash(retirement.outgoing.password);
      if (retirement.keep.some((kept) => kept.username === user && passwordHash(kept.password) === outgoing))
        throw new TargetFailure('still-needed', where);
      await onEveryNode(async (session) => {
        const found = await readUser(session, user, where);
        // Removing a password that is not there is an error in Redis, and done in our eyes.
        if (found?.passwords.includes(outgoing)) await session.command('ACL', 'SETUSER', user, `!${outgoing}`);
        await save(session);
        // Redis does not know which password opened a session, so all of the user's end.
        if (retirement.sessions === 'end') await session.command('CLIENT', 'KILL', 'USER', user);
      });
    },
  };
}
