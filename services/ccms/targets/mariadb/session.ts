/** One connection to a MariaDB target, for one step, with time limits on both sides. */
import { connect as connectSocket, isIP } from 'node:net';
import type mysql from 'mysql2/promise';
import { addressOf, checkName, checkTransport } from '../credential-rules.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, Endpoint, ProbeResult, TargetConnection } from '../port.ts';
import { fromMariaDb, isRefusal } from './failures.ts';
import { quoteText, SESSION_MODE } from './quote.ts';

/** Of MySQL, which is stricter than MariaDB: names must survive a move between the two. */
export const MAX_NAME_BYTES = 32;

export interface MariaDbConnection extends TargetConnection {
  readonly database: string;
  /** Host part of the accounts. */
  readonly fromHost: string;
}

export interface Session {
  /** One statement; everything in it is quoted (`quote.ts`). */
  run(text: string): Promise<{ affected: number }>;
  rows(text: string): Promise<Record<string, unknown>[]>;
}

export async function withSession<T>(
  target: MariaDbConnection,
  login: { credential: Credential; endpoint?: Endpoint },
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let connection: mysql.Connection | undefined;
  try {
    connection = await open(target, login.credential, login.endpoint ?? target.endpoints[0]);
    const session = sessionOf(connection, target.statementTimeoutMs + 1000);
    const seconds = Math.max(1, Math.ceil(target.statementTimeoutMs / 1000));
    await session.run(
      `SET SESSION sql_mode = ${quoteText(SESSION_MODE)}, lock_wait_timeout = ${seconds}, max_statement_time = ${seconds}`,
    );
    return await work(session);
  } catch (error) {
    throw fromMariaDb(error, target.name);
  } finally {
    connection?.destroy();
  }
}

export async function probe(
  target: MariaDbConnection,
  credential: Credential,
  endpoint: Endpoint = target.endpoints[0],
): Promise<ProbeResult> {
  try {
    checkName(credential.username, MAX_NAME_BYTES, target.name);
    const connection = await open(target, credential, endpoint);
    // The one place that says goodbye: an aborted connection is a line in the server's log and a count in its status.
    void connection.end().catch(() => undefined);
    return { answer: 'valid' };
  } catch (error) {
    if (isRefusal(error)) return { answer: 'refused' };
    return { answer: 'unreachable', failure: fromMariaDb(error, target.name) };
  }
}

async function open(target: MariaDbConnection, credential: Credential, endpoint: Endpoint): Promise<mysql.Connection> {
  checkTransport(target, endpoint);
  const { tls } = target;
  const name = tls.mode === 'verify' ? (tls.serverName ?? endpoint.host) : endpoint.host;
  // SECURITY: mysql2 compares certificates with names only.
  if (tls.mode === 'verify' && isIP(name) !== 0) throw new TargetFailure('tls-failed', target.name);
  // Loaded when the first target needs it: a start must not wait for drivers.
  const { createConnection } = await import('mysql2/promise');
  return createConnection({
    // What the certificate must say; where to go is in `stream`.
    host: name,
    port: endpoint.port,
    stream: () => {
      const socket = endpoint.host.startsWith('/')
        ? connectSocket(endpoint.host)
        : connectSocket(endpoint.port, addressOf(endpoint));
      return socket.setNoDelay(true);
    },
    user: credential.username,
    password: credential.password.toString('utf8'),
    database: target.database,
    charset: 'utf8mb4',
    connectTimeout: target.connectTimeoutMs,
    ...(tls.mode === 'plain'
      ? {}
      : {
          ssl: { rejectUnauthorized: true, verifyIdentity: true, ...(tls.ca === undefined ? {} : { ca: tls.ca }) },
        }),
    // The product runs without code generation.
    disableEval: true,
    enableCleartextPlugin: false,
    multipleStatements: false,
  });
}

function sessionOf(connection: mysql.Connection, timeout: number): Session {
  connection.on('error', () => undefined);
  return {
    async run(text) {
      const [result] = await connection.query<mysql.ResultSetHeader>({ sql: text, timeout });
      return { affected: result.affectedRows };
    },
    async rows(text) {
      const [rows] = await connection.query<mysql.RowDataPacket[]>({ sql: text, timeout });
      return rows;
    },
  };
}
