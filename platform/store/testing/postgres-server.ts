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
import { bound, freePort, serverAccount } from './private-server.ts';

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
  const bin = programs();
  if (bin === undefined) throw new Error(postgresMissing());
  const folder = mkdtempSync(join(tmpdir(), 'parapet-pg-'));
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const account = serverAccount('postgres');
  if (account !== undefined) for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid);
  chmodSync(folder, 0o700);
  const data = join(folder, 'data');
  const [program, prefix] = bound(account, 'INT');
  execFileSync(
    program,
    [
      ...prefix,
      join(bin, 'initdb'),
      '-D',
      data,
      '-U',
      'parapet',
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
    ].concat(['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions']),
    { cwd: folder, stdio: 'pipe' },
  );
  const port = await freePort();
  const url = `postgres://parapet:${password}@127.0.0.1:${port}/parapet`;
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    shared_buffers: '32MB',
    max_connections: '100',
    fsync: options.durable === true ? 'on' : 'off',
    logging_collector: 'off',
  };
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
