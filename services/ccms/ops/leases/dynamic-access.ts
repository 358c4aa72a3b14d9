/** Targets as leases use them. */
import type { CcmsDeps } from '../../deps.ts';
import type { LeaseFailure } from '../../domain/leases/failure-hints.ts';
import { USERNAME_PREFIX } from '../../domain/leases/username.ts';
import type { CredentialRole } from '../../store/credential-roles.ts';
import { TargetFailure } from '../../targets/failure.ts';
import { mariaDbDynamic } from '../../targets/mariadb/dynamic.ts';
import type { Grant } from '../../targets/mariadb/grants.ts';
import type { MariaDbConnection } from '../../targets/mariadb/session.ts';
import type { DynamicTarget } from '../../targets/port.ts';
import { postgresDynamic } from '../../targets/postgres/dynamic.ts';
import type { PostgresConnection } from '../../targets/postgres/session.ts';

export interface LeaseTarget {
  id: string;
  accountId: string;
  name: string;
  arn: string;
  projectId: string;
  engine: string;
  host: string;
  port: number;
  database: string | undefined;
  tls: boolean;
}

export interface LeaseTargets {
  byName(accountId: string, text: string): Promise<LeaseTarget | undefined>;
  byId(accountId: string, targetId: string): Promise<LeaseTarget | undefined>;
  connect<T>(target: LeaseTarget, work: (connection: PostgresConnection | MariaDbConnection) => Promise<T>): Promise<T>;
}

/** Why nothing could be done at a target, by name. */
export class TargetUnusable extends Error {
  override readonly name = 'TargetUnusable';
  readonly failure: LeaseFailure;

  constructor(failure: LeaseFailure, message: string, cause?: unknown) {
    super(message, { cause });
    this.failure = failure;
  }
}

/**
 * Users of a role at its target; without a role, those of our naming that belong to none.
 * @throws TargetUnusable for everything that is the matter with the target; what `work` throws otherwise passes
 */
export async function atTarget<T>(
  deps: CcmsDeps,
  target: LeaseTarget,
  role: CredentialRole | undefined,
  work: (users: DynamicTarget) => Promise<T>,
): Promise<T> {
  let mine: { error: unknown } | undefined;
  try {
    return await deps.leaseTargets.connect(target, async (connection) => {
      try {
        return await work(usersAt(target, role, connection));
      } catch (error) {
        if (!(error instanceof TargetFailure)) mine = { error };
        throw error;
      }
    });
  } catch (error) {
    if (mine) throw mine.error;
    if (error instanceof TargetFailure) throw new TargetUnusable(error.code, error.message, error);
    throw new TargetUnusable('role-refused', `target ${target.name} cannot be used by the vault`, error);
  }
}

function usersAt(
  target: LeaseTarget,
  role: CredentialRole | undefined,
  connection: PostgresConnection | MariaDbConnection,
): DynamicTarget {
  const limit = role?.row.connection_limit ?? undefined;
  const common = { prefix: USERNAME_PREFIX, ...(limit !== undefined && { maxConnections: limit }) };
  const { settings } = role ?? {};
  if (target.engine === 'mariadb') {
    const grants = settings && 'grants' in settings ? (settings.grants as unknown as Grant[]) : [];
    return mariaDbDynamic({ ...(connection as MariaDbConnection), ...common, grants });
  }
  // Who belongs to no role leaves what it owns to the administrative user.
  const actAs = settings && 'actAs' in settings ? settings.actAs : connection.admin.username;
  return postgresDynamic({ ...connection, ...common, actAs });
}
