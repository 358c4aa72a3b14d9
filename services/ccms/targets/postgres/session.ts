/** One connection to a PostgreSQL target, for one step, with time limits on both sides. */
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import pg from 'pg';
import { addressOf, checkName, checkTransport } from '../credential-rules.ts';
import type { TargetFailure } from '../failure.ts';
import type { Credential, Endpoint, ProbeResult, TargetConnection } from '../port.ts';
import { fromPostgres, isRefusal } from './failures.ts';

/** NAMEDATALEN - 1; longer names are cut by the server, and then mean somebody else. */
export const MAX_NAME_BYTES = 63;

export interface PostgresConnection extends TargetConnection {
  readonly database: string;
}

export interface Session {
  /** Rows as objects; values are parameters of the extended protocol, one statement a call. */
  query(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** All or nothing. */
  transaction(work: () => Promise<void>): Promise<void>;
}

export const quoteName = pg.escapeIdentifier;
export const quoteText = pg.escapeLiteral;

export async function withSession<T>(
  target: PostgresConnection,
  login: { credential: Credential; endpoint?: Endpoint; database?: string },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const client = open(target, login);
  try {
    await client.connect();
    return await work(sessionOf(client));
  } catch (error) {
    throw fromPostgres(error, target.name);
  } finally {
    // A connection that hangs must not hold the step.
    void client.end().catch(() => undefined);
  }
}

export async function probe(
  target: PostgresConnection,
  credential: Credential,
  endpoint: Endpoint = target.endpoints[0],
): Promise<ProbeResult> {
  const failed = (error: unknown): ProbeResult => ({
    answer: 'unreachable',
    failure: fromPostgres(error, target.name) as TargetFailure,
  });
  let client: pg.Client;
  try {
    checkName(credential.username, MAX_NAME_BYTES, target.name);
    client = open(target, { credential, endpoint });
  } catch (error) {
    return failed(error);
  }
  try {
    await client.connect();
    return { answer: 'valid' };
  } catch (error) {
    return isRefusal(error) ? { answer: 'refused' } : failed(error);
  } finally {
    void client.end().catch(() => undefined);
  }
}

/** Servers that stand behind one address are told whom the connection is for; addresses are no names. */
function serverNameOf(name: string) {
  return isIP(name) === 0 ? { servername: name } : {};
}

function open(
  target: PostgresConnection,
  login: { credential: Credential; endpoint?: Endpoint; database?: string },
): pg.Client {
  const endpoint = login.endpoint ?? target.endpoints[0];
  checkTransport(target, endpoint);
  const { tls } = target;
  const client = new pg.Client({
    host: addressOf(endpoint),
    port: endpoint.port,
    database: login.database ?? target.database,
    user: login.credential.username,
    password: login.credential.password.toString('utf8'),
    ssl:
      tls.mode === 'plain'
        ? false
        : {
            rejectUnauthorized: true,
            ...serverNameOf(tls.serverName ?? endpoint.host),
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            // Named here, because pg leaves the name out for addresses.
            checkServerIdentity: (_name: string, certificate: PeerCertificate) =>
              checkServerIdentity(tls.serverName ?? endpoint.host, certificate),
          },
    enableChannelBinding: true,
    connectionTimeoutMillis: target.connectTimeoutMs,
    statement_timeout: target.statementTimeoutMs,
    lock_timeout: target.statementTimeoutMs,
    // Of the client, for a server that is not there any more: after the server's own.
    query_timeout: target.statementTimeoutMs + 1000,
    application_name: 'parapet',
    // SECURITY: for us, names mean the catalogue's objects, whatever somebody has put into the target's schemas.
    ...(login.credential === target.admin ? { options: '-c search_path=pg_catalog' } : {}),
  });
  client.on('error', () => undefined);
  return client;
}

function sessionOf(client: pg.Client): Session {
  // Extended always: a text with two statements is refused.
  const query: Session['query'] = async (text, values = []) => {
    const question = { text, values: [...values], queryMode: 'extended' } as pg.QueryConfig;
    return (await client.query<Record<string, unknown>>(question)).rows;
  };
  return {
    query,
    async transaction(work) {
      await query('BEGIN');
      try {
        await work();
        await query('COMMIT');
      } catch (error) {
        await query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    },
  };
}
