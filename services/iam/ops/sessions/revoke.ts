/**
 * Ending sessions. What was made from a session ends with it, in whatever account it is: a session that is being made at
 * the same moment either is seen here or finds its parent revoked (`new-session.ts`).
 */
import { type Change, change, type Resolved } from '../../../../platform/runtime/call.ts';
import { RevokeSession, RevokeSessionsBefore } from '../../api/sessions.ts';
import type { IamDeps } from '../../deps.ts';
import { roleArn, rootArn, userArn } from '../../domain/names.ts';
import type { RoleRow, SessionRow, Tx, UserRow } from '../../store/db.ts';
import { lockRole, roleById, updateRole } from '../../store/roles.ts';
import { issuedBefore, revoke, sessionById } from '../../store/sessions.ts';
import { lockUser, updateUser, userById } from '../../store/users.ts';
import { implement } from '../implement.ts';
import { type AnyCall, aboutRole, aboutUser, roleMissing, scopeOf, userMissing } from '../targets.ts';

/** Whose sessions are meant: the permission is asked on the role or user. */
export async function aboutSessionsOf(
  call: AnyCall,
  deps: IamDeps,
  input: { RoleName?: string | undefined; UserName?: string | undefined },
): Promise<Resolved<{ role?: RoleRow; user?: UserRow }>> {
  const { RoleName, UserName } = input;
  if ((RoleName === undefined) === (UserName === undefined))
    throw call.fail('Validation', 'give either RoleName or UserName');
  if (RoleName !== undefined) {
    const { state, ...rest } = await aboutRole(call, deps, RoleName);
    return { ...rest, state: { role: state } };
  }
  const { state, ...rest } = await aboutUser(call, deps, UserName);
  return { ...rest, state: { user: state } };
}

/** Every account in which a session ended hears of it. */
function revocation<T>(
  deps: IamDeps,
  call: AnyCall,
  objectId: string,
  work: (tx: Tx) => Promise<{ output: T; accounts: Set<string> }>,
): Change<T> {
  let heard: ReadonlySet<string> = new Set();
  return change(
    async (tx) => {
      const { output, accounts } = await work(tx as Tx);
      heard = accounts.add(call.caller.accountId);
      for (const accountId of heard) await deps.store.bumpVersion(tx, { kind: 'session', objectId, accountId });
      return output;
    },
    () => {
      for (const accountId of heard) deps.hub.publish(accountId);
    },
  );
}

async function entityArn(deps: IamDeps, session: SessionRow): Promise<string> {
  const scope = { partition: deps.settings.partition, accountId: session.account_id };
  if (session.kind === 'root') return rootArn(scope);
  if (session.kind === 'role') {
    const role = await roleById(deps.store.read, session.entity_id);
    return roleArn(scope, role?.path ?? '/', role?.name ?? '*');
  }
  const user = await userById(deps.store.read, session.entity_id);
  return userArn(scope, user?.path ?? '/', user?.name ?? '*');
}

const sessionMissing = (id: string) => `session ${id} does not exist or has expired`;

export const revokeSession = implement(RevokeSession, {
  async resolve(call, input, deps) {
    const found = await sessionById(deps.store.read, input.SessionId);
    const own = found?.account_id === call.caller.accountId ? found : undefined;
    return {
      targets: [{ resource: own ? await entityArn(deps, own) : roleArn(scopeOf(call, deps), '/', '*') }],
      state: own as SessionRow,
      ...(!own && { absent: call.fail('NotFound', sessionMissing(input.SessionId)) }),
    };
  },
  run(call, _input, session, deps) {
    return revocation(deps, call, session.session_id, async (tx) => {
      const { accounts } = await revoke(tx, [session.session_id], call.now);
      return { output: undefined, accounts };
    });
  },
});

export const revokeSessionsBefore = implement(RevokeSessionsBefore, {
  resolve: (call, input, deps) => aboutSessionsOf(call, deps, input),
  run(call, input, { role, user }, deps) {
    const before = input.Before ?? call.now;
    if (before > call.now) throw call.fail('Validation', 'Before is in the future');
    const entityId = (role?.role_id ?? user?.user_id) as string;
    return revocation(deps, call, entityId, async (tx) => {
      if (role) {
        const current = await lockRole(tx, entityId);
        if (!current) throw call.fail('NotFound', roleMissing(role.name));
        const sessions_not_before = Math.max(current.sessions_not_before, before);
        await updateRole(tx, entityId, { sessions_not_before });
      } else {
        const current = await lockUser(tx, entityId);
        if (!current) throw call.fail('NotFound', userMissing(user?.name ?? entityId));
        const sessions_not_before = Math.max(current.sessions_not_before, before);
        await updateUser(tx, entityId, { sessions_not_before });
      }
      const { accounts, count } = await revoke(tx, await issuedBefore(tx, entityId, before, call.now), call.now);
      return { output: { RevokedSessions: count }, accounts };
    });
  },
});
