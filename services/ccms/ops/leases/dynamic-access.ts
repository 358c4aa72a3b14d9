/** The users that leases are about, at their target. */
import type { CcmsDeps } from '../../deps.ts';
import type { RoleSettings } from '../../domain/leases/credential-role.ts';
import { USERNAME_PREFIX } from '../../domain/leases/username.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { TargetFailure } from '../../targets/failure.ts';
import { mariaDbDynamic } from '../../targets/mariadb/dynamic.ts';
import type { Grant } from '../../targets/mariadb/grants.ts';
import type { DynamicTarget } from '../../targets/port.ts';
import { postgresDynamic } from '../../targets/postgres/dynamic.ts';
import { type OpenTarget, withTarget } from '../targets/connection.ts';

/** Users of a role; without a role, those of our naming that belong to none. Rejects like `withTarget`. */
export function atTarget<T>(
  deps: CcmsDeps,
  target: TargetRecord,
  role: CredentialRole | undefined,
  work: (users: DynamicTarget) => Promise<T>,
): Promise<T> {
  return withTarget(deps, target, (open) => work(usersAt(open, role)));
}

function usersAt(open: OpenTarget, role: CredentialRole | undefined): DynamicTarget {
  const maxConnections = role?.row.connection_limit ?? undefined;
  const common = { prefix: USERNAME_PREFIX, ...(maxConnections !== undefined && { maxConnections }) };
  if (open.engine === 'mariadb') return mariaDbDynamic({ ...open, ...common, grants: grantsOf(role?.settings) });
  if (open.engine === 'redis') throw new TargetFailure('unsupported', open.name);
  // Who belongs to no role leaves what it owns to the administrative user.
  const actAs = role && 'actAs' in role.settings ? role.settings.actAs : open.admin.username;
  return postgresDynamic({ ...open, ...common, actAs });
}

/** The adapter looks at them again: types are gone when they come out of a row. */
function grantsOf(settings: RoleSettings | undefined): Grant[] {
  return settings && 'grants' in settings ? (settings.grants as unknown as Grant[]) : [];
}
