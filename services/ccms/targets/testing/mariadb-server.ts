/** A private MariaDB for one test file: own folder, own socket, own port on 127.0.0.1, random password. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { bound, freePort, serverAccount } from '../../../../platform/store/testing/private-server.ts';

const SERVER = '/usr/sbin/mariadbd';
const INSTALL = '/usr/bin/mariadb-install-db';

export interface MariaDbServer {
  readonly port: number;
  readonly socket: string;
  readonly rootPassword: string;
  /** As root, one statement after another. */
  root(...statements: string[]): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export function mariaDbMissing(): string | undefined {
  return existsSync(SERVER) ? undefined : 'MariaDB is not installed: apt-get install mariadb-server';
}

/** @param options `mariadbd` options, such as certificates */
export async function startMariaDb(options: Readonly<Record<string, string>> = {}): Promise<MariaDbServer> {
  const missing = mariaDbMissing();
  if (missing !== undefined) throw new Error(missing);
  const folder = mkdtempSync(join(tmpdir(), 'parapet-maria-'));
  const rootPassword = randomBytes(16).toString('hex');
  const first = join(folder, 'first.sql');
  writeFileSync(first, `ALTER USER root@localhost IDENTIFIED BY '${rootPassword}';\n`, { mode: 0o600 });
  const account = serverAccount('mysql');
  if (account !== undefined) for (const path of [folder, first]) chownSync(path, account.uid, account.gid);
  const data = join(folder, 'data');
  const [program, prefix] = bound(account, 'TERM');
  execFileSync(
    program,
    [
      ...prefix,
      INSTALL,
      '--no-defaults',
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { cwd: folder, stdio: 'pipe' },
  );
  const port = await freePort();
  const socket = join(folder, 'socket');
  const settings: Record<string, string> = {
    datadir: data,
    socket,
    port: String(port),
    'bind-address': '127.0.0.1',
    'pid-file': join(folder, 'pid'),
    'init-file': first,
    'innodb-buffer-pool-size': '32M',
    'innodb-flush-log-at-trx-commit': '0',
    'skip-name-resolve': '1',
    ...options,
  };
  const root: MariaDbServer['root'] = async (...statements) => {
    const client = await mysql.createConnection({
      socketPath: socket,
      user: 'root',
      password: rootPassword,
      disableEval: true,
    });
    try {
      let rows: Record<string, unknown>[] = [];
      for (const statement of statements) rows = (await client.query<mysql.RowDataPacket[]>(statement))[0];
      return rows;
    } finally {
      client.destroy();
    }
  };
  let server: ChildProcess | undefined;
  const end = (signal: 'SIGTERM' | 'SIGKILL') =>
    new Promise<void>((resolve) => {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return resolve();
      server.once('exit', () => resolve());
      server.kill(signal);
    });
  const start = async () => {
    const flags = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
    const child = spawn(program, [...prefix, SERVER, '--no-defaults', ...flags], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    server = child;
    for (let attempt = 0; attempt < 300; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`test server ended: ${log}`);
      try {
        await root('SELECT 1');
        return;
      } catch {
        await pause(100);
      }
    }
    throw new Error(`test server does not answer: ${log}`);
  };
  await start();
  return {
    port,
    socket,
    rootPassword,
    root,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
