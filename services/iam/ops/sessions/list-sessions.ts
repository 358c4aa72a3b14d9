import { ListSessions } from '../../api/sessions.ts';
import type { IamDeps } from '../../deps.ts';
import { assumedRoleArn, federatedUserArn, userArn } from '../../domain/names.ts';
import type { RoleRow, SessionRow, UserRow } from '../../store/db.ts';
import { sessionsOf } from '../../store/sessions.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { type AnyCall, scopeOf } from '../targets.ts';
import { aboutSessionsOf } from './revoke.ts';

export const listSessions = implement(ListSessions, {
  resolve: (call, input, deps) => aboutSessionsOf(call, deps, input),
  async run(call, input, { role, user }, deps) {
    const entityId = (role?.role_id ?? user?.user_id) as string;
    const page = openPage(deps, call, input, entityId);
    const found = await sessionsOf(deps.store.read, entityId, call.now, page.range);
    const { rows, output } = closePage(deps, page, found, (session) => session.session_id);
    return { Sessions: rows.map((row) => showSession(call, deps, row, role ?? (user as UserRow))), ...output };
  },
});

function showSession(call: AnyCall, deps: IamDeps, row: SessionRow, entity: RoleRow | UserRow) {
  const scope = scopeOf(call, deps);
  const name = row.name ?? '';
  const Arn =
    row.kind === 'role'
      ? assumedRoleArn(scope, entity.name, name)
      : row.kind === 'federated'
        ? federatedUserArn(scope, name)
        : userArn(scope, entity.path, entity.name);
  return {
    SessionId: row.session_id,
    Kind: row.kind,
    Arn,
    ...(row.source_identity !== null && { SourceIdentity: row.source_identity }),
    MultiFactorAuthenticated: row.mfa_at !== null,
    IssuedAt: row.issued_at,
    ExpiresAt: row.expires_at,
    ...(row.revoked_at !== null && { RevokedAt: row.revoked_at }),
  };
}
