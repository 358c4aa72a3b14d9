/** A private Redis for one test file: own folder, own port on 127.0.0.1, random password, ACL file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { RedisClient } from '@redis/client';
import { bound, freePort } from '../../../../platform/store/testing/private-server.ts';

/** ACL SAVE waits for the disk. */
const MEMORY = '/dev/shm';
const SERVER = '/usr/bin/redis-server';

const PROTOCOL = { RESP: 2 } as const;
const clientOf = RedisClient.factory(PROTOCOL);

export interface RedisServer {
  readonly port: number;
  readonly tlsPort: number | undefined;
  readonly adminPassword: string;
  /** What the node would know after a restart. */
  savedAcl(): string;
  /** One command as the administrator. */
  admin(...args: string[]): Promise<unknown>;
  stop(): Promise<void>;
  /** Ends it as a crash does. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

export function redisMissing(): string | undefined {
  return existsSync(SERVER) ? undefined : 'Redis is not installed: apt-get install redis-server';
}

/** @param options lines of its configuration @param tls files; it then listens on a second port as well */
export async function startRedis(
  options: Readonly<Record<string, string>> = {},
  tls?: { key: string; certificate: string },
): Promise<RedisServer> {
  const missing = redisMissing();
  if (missing !== undefined) throw new Error(missing);
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'parapet-redis-'));
  const adminPassword = randomBytes(16).toString('hex');
  const aclFile = join(folder, 'users.acl');
  const hash = createHash('sha256').update(adminPassword).digest('hex');
  writeFileSync(aclFile, `user default off\nuser admin on #${hash} ~* &* +@all\n`, { mode: 0o600 });
  const port = await freePort();
  const tlsPort = tls === undefined ? undefined : await freePort();
  const [program, prefix] = bound(undefined, 'TERM');
  const settings: Record<string, string> = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    aclfile: aclFile,
    save: '',
    appendonly: 'no',
    'enable-debug-command': 'no',
    ...(tls && { 'tls-port': String(tlsPort), 'tls-key-file': tls.key, 'tls-cert-file': tls.certificate }),
    ...(tls && { 'tls-auth-clients': 'no' }),
    ...options,
  };
  const admin: RedisServer['admin'] = async (...args) => {
    const client = clientOf({
      ...PROTOCOL,
      socket: {
        host: '127.0.0.1',
        port,
        reconnectStrategy: false,
      },
      username: 'admin',
      password: adminPassword,
      disableClientInfo: true,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.sendCommand(args);
    } finally {
      if (client.isOpen) client.destroy();
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
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn(program, [...prefix, SERVER, ...flags], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-4000);
      });
    server = child;
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`test server ended: ${log}`);
      try {
        await admin('PING');
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
    tlsPort,
    adminPassword,
    savedAcl: () => readFileSync(aclFile, 'utf8'),
    admin,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
