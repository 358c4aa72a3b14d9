/**
 * A private PostgreSQL server for one test file: own folder, own port on 127.0.0.1, random password. It ends with the
 * process that started it, also when that one is killed.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { bound, freePort, type SystemAccount, serverAccount } from './private-server.ts';

const VERSIONS = '/usr/lib/postgresql';
const OLDEST = 15;

export interface PostgresServer {
  /** `postgres://parapet:...@127.0.0.1:port/parapet`, a superuser of that server. */
  readonly url: string;
  /** A new, empty database of the server; its URL. */
  database(): Promise<string>;
  stop(): Promise<void>;
  /** Immediate stop (as in a crash) and start on the same port and data. */
  restart(): Promise<void>;
  /** The halves of `restart`. */
  crash(): Promise<void>;
  start(): Promise<void>;
}

/** What is missing for a server, as a sentence for the operator, or undefined. */
export function postgresMissing(): string | undefined {
  return programs() === undefined ? 'PostgreSQL 15 or later is not installed: apt-get install postgresql' : undefined;
}

/** @param options.durable with fsync as in production; tests of behaviour do without */
export async function startPostgres(options: { durable?: boolean } = {}): Promise<PostgresServer> {
  const place = await newPlace(options.durable === true);
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(place.folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (place.account !== undefined) chownSync(passwordFile, place.account.uid, place.account.gid);
  run(
    place,
    'initdb',
    ...['-D', place.data, '-U', 'parapet', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
    ...['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'],
  );
  return serve(place, `postgres://parapet:${password}@127.0.0.1:${place.port}/parapet`);
}

export interface PostgresStandby extends PostgresServer {
  /** Takes over: from now on it is written to. */
  promote(): Promise<void>;
}

/**
 * A streaming replica of a running server. From now on a commit there is acknowledged when this one has written it, too,
 * so that a failover loses nothing that was acknowledged.
 */
export async function startStandby(primary: PostgresServer): Promise<PostgresStandby> {
  const place = await newPlace(false);
  run(place, 'pg_basebackup', '-d', primary.url, '-D', place.data, '-R', '-X', 'stream', '-c', 'fast', '--no-sync');
  const url = new URL(primary.url);
  url.port = String(place.port);
  const standby = await serve(place, url.href);
  // Settings of a server cannot be changed inside of a transaction, which two statements in one query are.
  await ask(primary.url, "alter system set synchronous_standby_names = '*'", 'select pg_reload_conf()');
  return {
    ...standby,
    promote: () => ask(url.href, "alter system set synchronous_standby_names = ''", 'select pg_promote(true, 60)'),
  };
}

async function ask(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Where one server lives, and as whom it runs. */
interface Place {
  bin: string;
  folder: string;
  data: string;
  port: number;
  account: SystemAccount | undefined;
  durable: boolean;
}

async function newPlace(durable: boolean): Promise<Place> {
  const bin = programs();
  if (bin === undefined) throw new Error(postgresMissing());
  const folder = mkdtempSync(join(tmpdir(), 'parapet-pg-'));
  const account = serverAccount('postgres');
  if (account !== undefined) chownSync(folder, account.uid, account.gid);
  chmodSync(folder, 0o700);
  return { bin, folder, data: join(folder, 'data'), port: await freePort(), account, durable };
}

function run({ bin, folder, account }: Place, program: string, ...words: string[]): void {
  const [bounded, prefix] = bound(account, 'INT');
  execFileSync(bounded, [...prefix, join(bin, program), ...words], { cwd: folder, stdio: 'pipe' });
}

/** Starts the server on the data in its place. */
async function serve({ bin, folder, data, port, account, durable }: Place, url: string): Promise<PostgresServer> {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    shared_buffers: '32MB',
    max_connections: '100',
    fsync: durable ? 'on' : 'off',
    logging_collector: 'off',
  };
  const [program, prefix] = bound(account, 'INT');
  const launch = async (): Promise<ChildProcess> => {
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(program, [...prefix, join(bin, 'postgres'), '-D', data, ...flags], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    await ready(url, child, () => log);
    return child;
  };
  let server = await launch();
  const end = (signal: 'SIGINT' | 'SIGQUIT') =>
    new Promise<void>((resolve) => {
      if (server.exitCode !== null || server.signalCode !== null) return resolve();
      server.once('exit', () => resolve());
      server.kill(signal);
    });
  let databases = 0;
  return {
    url,
    async database() {
      const name = `parapet_${++databases}`;
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        await client.query(`create database ${name}`);
      } finally {
        await client.end();
      }
      return url.replace(/parapet$/, name);
    },
    async stop() {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
    async restart() {
      await end('SIGQUIT');
      server = await launch();
    },
    crash: () => end('SIGQUIT'),
    async start() {
      server = await launch();
    },
  };
}

function programs(): string | undefined {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number) : [];
  const newest = versions.filter((v) => v >= OLDEST && existsSync(join(VERSIONS, String(v), 'bin', 'initdb')));
  return newest.length === 0 ? undefined : join(VERSIONS, String(Math.max(...newest)), 'bin');
}

async function ready(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`test server ended: ${log()}`);
    const admin = new pg.Client({ connectionString: url.replace(/\/parapet$/, '/postgres') });
    admin.on('error', () => undefined);
    try {
      await admin.connect();
      const found = await admin.query("select 1 from pg_database where datname = 'parapet'");
      if (found.rowCount === 0) await admin.query('create database parapet');
      await admin.end();
      return;
    } catch (error) {
      await admin.end().catch(() => undefined);
      if (attempt === 199) throw new Error(`test server does not answer: ${log()}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
