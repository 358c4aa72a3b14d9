/**
 * The way to a target: the administrative credential, read in the target's role at the moment it is needed and wiped
 * after use, and the addresses, looked at before anything connects.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { CcmsDeps } from '../../deps.ts';
import type { TargetRecord } from '../../store/targets.ts';
import { TargetFailure } from '../../targets/failure.ts';
import type { MariaDbConnection } from '../../targets/mariadb/session.ts';
import type { Credential, Endpoint, TargetConnection, Tls } from '../../targets/port.ts';
import type { PostgresConnection } from '../../targets/postgres/session.ts';
import type { RedisRotation } from '../../targets/redis/rotation.ts';

export const CONNECT_TIMEOUT_MS = 5_000;
export const STATEMENT_TIMEOUT_MS = 10_000;

export type OpenTarget =
  | ({ engine: 'postgres' } & PostgresConnection)
  | ({ engine: 'mariadb' } & MariaDbConnection)
  | ({ engine: 'redis' } & TargetConnection & Pick<RedisRotation, 'savedIn'>);

/** Rejects with `TargetFailure`, also when the role may not read the secret; with `ServiceError` when a peer is away. */
export async function withTarget<T>(
  deps: CcmsDeps,
  record: TargetRecord,
  work: (target: OpenTarget) => Promise<T>,
): Promise<T> {
  const { row } = record;
  const endpoints = await Promise.all(
    record.endpoints.map(({ Host: host, Port: port }) => deps.networks.pinned({ host, port }, row.name)),
  );
  const admin = await administrator(deps, record);
  const connection: TargetConnection = {
    name: row.name,
    endpoints: endpoints as [Endpoint, ...Endpoint[]],
    tls: tlsOf(record),
    admin,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  };
  try {
    return await work(withEngine(record, connection));
  } finally {
    admin.password.fill(0);
  }
}

function withEngine({ row }: TargetRecord, connection: TargetConnection): OpenTarget {
  if (row.engine === 'postgres') return { engine: row.engine, ...connection, database: row.database };
  if (row.engine === 'mariadb')
    return { engine: row.engine, ...connection, database: row.database, fromHost: row.from_host };
  return { engine: row.engine, ...connection, savedIn: row.saved_in === 'config' ? 'config' : 'aclfile' };
}

function tlsOf({ tls }: TargetRecord): Tls {
  if (tls.Mode === 'plain') return { mode: 'plain' };
  const { Ca: ca, ServerName: serverName } = tls;
  return { mode: 'verify', ...(ca !== undefined && { ca }), ...(serverName !== undefined && { serverName }) };
}

async function administrator(deps: CcmsDeps, { row, arn }: TargetRecord): Promise<Credential> {
  try {
    const on = await deps.acting.as(row.role_arn, arn);
    const { SecretString } = await deps.clients.ccms.GetSecretValue({ SecretId: row.admin_secret_arn }, on);
    const credential = SecretString === undefined ? undefined : credentialIn(SecretString);
    if (credential) return credential;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.code === 'Unauthenticated') deps.acting.forget(row.role_arn, arn);
    if (PASSING.has(error.code)) throw error;
  }
  throw new TargetFailure('admin-unreadable', row.name);
}

/** Nothing is wrong with the configuration: trying again may help. */
const PASSING: ReadonlySet<string> = new Set(['Unavailable', 'Internal', 'TooManyRequests', 'Unauthenticated']);

/** A value as all databases have it: JSON with `username` and `password`. The password is the caller's to wipe. */
export function credentialIn(value: string): Credential | undefined {
  try {
    const { username, password } = JSON.parse(value) as { username?: unknown; password?: unknown };
    if (typeof username !== 'string' || typeof password !== 'string' || username === '' || password === '') return;
    return { username, password: Buffer.from(password, 'utf8') };
  } catch {
    return undefined;
  }
}
