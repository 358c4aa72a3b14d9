/**
 * Starts the real product from dist, as users start it: one process or one per service, on SQLite or PostgreSQL, each
 * time with a data folder and ports of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startPostgres } from '../../platform/store/testing/postgres-server.ts';
import { freePort } from '../../platform/store/testing/private-server.ts';

export type Shape = 'mono' | 'micro';
export type EngineName = 'sqlite' | 'postgres';

export interface Admin {
  accountId: string;
  userName: string;
  accessKeyId: string;
  secretAccessKey: string;
  endpoint: string;
  region: string;
}

export interface Running {
  shape: Shape;
  engine: EngineName;
  dataFolder: string;
  endpoint: string;
  /** Base URL of the PKI listener. */
  pkiUrl: string;
  /** Where the ACME server looks, all on this machine; whoever wants to be found serves there. */
  acme: { dnsPort: number; httpPort: number; tlsPort: number };
  port: number;
  ca: string;
  caPath: string;
  admin: Admin;
  databaseUrl: string | undefined;
  /** micro: `name=host:port` of every service, for those who hold its certificates. */
  services: string;
  /** Everything the processes wrote to their output. */
  output(): string;
  /** kill -9 of every process. */
  kill(): Promise<void>;
  /** Starts the processes again on the same data folder and waits until they are ready. */
  start(): Promise<void>;
  /** micro: kill -9 of one service, or of the gateway. */
  killService(name: string): Promise<void>;
  /** micro: starts it again on the same data; ready as soon as it accepts connections. */
  startService(name: string): Promise<void>;
  /** SIGTERM, waits for the end; answers the exit codes. */
  terminate(): Promise<number[]>;
  /** Ends everything and removes the data. */
  stop(): Promise<void>;
  processes(): readonly ChildProcess[];
}

export const root = resolve(import.meta.dirname, '../..');
/** Two suites may start at the same time on a small machine, each with seven processes and a database server. */
const READY_MS = 120_000;

/** In a micro installation: every service has its own process, the gateway last. */
export const MICRO = ['iam', 'kms', 'ccms', 'pca', 'org', 'audit', 'gateway'] as const;

export async function startParapet(
  options: {
    shape?: Shape;
    engine?: EngineName;
    dataFolder?: string;
    /** A database that is there already; default: one of its own, where the engine asks for one. */
    databaseUrl?: string;
    env?: Record<string, string>;
  } = {},
): Promise<Running> {
  const shape = options.shape ?? 'mono';
  const engine = options.engine ?? (options.databaseUrl === undefined ? 'sqlite' : 'postgres');
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'parapet-'));
  const port = await freePort();
  const pkiPort = await freePort();
  const postgres = engine === 'postgres' && options.databaseUrl === undefined ? await startPostgres() : undefined;
  const databaseUrl = options.databaseUrl ?? postgres?.url;
  const acme = { dnsPort: await freePort(), httpPort: await freePort(), tlsPort: await freePort() };
  const services = await Promise.all(MICRO.map(async (name) => `${name}=127.0.0.1:${await freePort()}`));
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    PARAPET_DATA: dataFolder,
    PARAPET_LISTEN: `127.0.0.1:${port}`,
    PARAPET_PKI_LISTEN: `127.0.0.1:${pkiPort}`,
    // As many lists as a suite can look at.
    PARAPET_PKI_CRL_SHARDS: '4',
    PARAPET_LOG_LEVEL: 'info',
    PARAPET_SERVICES: services.join(','),
    // Suites make many refused requests from one address.
    PARAPET_RATE_REFUSALS: '100000',
    // Clients of ACME, and databases, are on this machine.
    PARAPET_ACME_NETWORKS: '127.0.0.0/8',
    PARAPET_ACME_RESOLVERS: `127.0.0.1:${acme.dnsPort}`,
    PARAPET_ACME_HTTP_PORT: String(acme.httpPort),
    PARAPET_ACME_TLS_PORT: String(acme.tlsPort),
    PARAPET_OUTSIDE_NETWORKS: '127.0.0.0/8',
    PARAPET_VAULT_TARGET_NETWORKS: '127.0.0.0/8,::1/128,sockets',
    // Receivers of exports are on this machine, too.
    PARAPET_EXPORT_NETWORKS: '127.0.0.0/8',
    PARAPET_AUDIT_STORES: `archive=folder:${join(dataFolder, 'archive')}`,
    ...(databaseUrl !== undefined && { PARAPET_DATABASE: databaseUrl }),
    ...options.env,
  };
  let running: ChildProcess[] = [];
  let text = '';
  const launch = (args: string[]): ChildProcess => {
    const child = spawn(process.execPath, ['--disallow-code-generation-from-strings', ...args], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (chunk) => (text += chunk));
    child.stderr?.on('data', (chunk) => (text += chunk));
    return child;
  };
  const endpoint = `https://127.0.0.1:${port}`;
  const caPath = join(dataFolder, 'bootstrap', 'ca.pem');
  const instance: Running = {
    shape,
    engine,
    dataFolder,
    endpoint,
    pkiUrl: `http://127.0.0.1:${pkiPort}`,
    acme,
    port,
    ca: '',
    caPath,
    admin: undefined as unknown as Admin,
    databaseUrl,
    services: services.join(','),
    output: () => text,
    processes: () => running,
    async start() {
      running =
        shape === 'mono' ? [launch(['dist/bin/all.js'])] : MICRO.map((name) => launch(['dist/bin/service.js', name]));
      // The gateway is ready as soon as it can answer for itself; the services behind it may still be starting.
      const behind = shape === 'mono' ? [] : services.filter((one) => !one.startsWith('gateway=')).map(portOf);
      await waitUntilReady(
        async () => (await ready(port)) && (await Promise.all(behind.map(isListening))).every(Boolean),
        () => running.find((p) => p.exitCode !== null || p.signalCode !== null),
        () => text,
      );
      instance.ca = readFileSync(caPath, 'utf8');
      instance.admin = JSON.parse(readFileSync(join(dataFolder, 'bootstrap', 'admin.json'), 'utf8')) as Admin;
    },
    async kill() {
      for (const child of running) child.kill('SIGKILL');
      await ended(running);
    },
    async killService(name) {
      const child = running[MICRO.indexOf(name as (typeof MICRO)[number])] as ChildProcess;
      child.kill('SIGKILL');
      await ended([child]);
    },
    async startService(name) {
      const child = launch(['dist/bin/service.js', name]);
      running[MICRO.indexOf(name as (typeof MICRO)[number])] = child;
      const at = name === 'gateway' ? port : portOf(services.find((one) => one.startsWith(`${name}=`)) as string);
      await waitUntilReady(
        () => isListening(at),
        () => (child.exitCode !== null || child.signalCode !== null ? child : undefined),
        () => text,
      );
    },
    async terminate() {
      for (const child of running) child.kill('SIGTERM');
      return ended(running);
    },
    async stop() {
      for (const child of running) child.kill('SIGKILL');
      await ended(running);
      await postgres?.stop();
      if (options.dataFolder === undefined) rmSync(dataFolder, { recursive: true, force: true });
    },
  };
  try {
    await instance.start();
  } catch (error) {
    await instance.stop();
    throw error;
  }
  return instance;
}

function ended(children: readonly ChildProcess[]): Promise<number[]> {
  return Promise.all(
    children.map((child) =>
      child.exitCode !== null || child.signalCode !== null
        ? Promise.resolve(child.exitCode ?? -1)
        : new Promise<number>((done) => child.once('exit', (code) => done(code ?? -1))),
    ),
  );
}

async function waitUntilReady(
  isReady: () => Promise<boolean>,
  dead: () => ChildProcess | undefined,
  output: () => string,
): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    if (await isReady()) return;
    if (dead()) throw new Error(`a process ended during the start:\n${output()}`);
    if (Date.now() > until) throw new Error(`not ready after ${READY_MS / 1000} s:\n${output()}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const portOf = (address: string) => Number(address.split(':').at(-1));

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}

function ready(port: number): Promise<boolean> {
  return new Promise((done) => {
    const outgoing = httpsRequest(
      { host: '127.0.0.1', port, path: '/readyz', rejectUnauthorized: false, agent: false, timeout: 5_000 },
      (incoming) => {
        incoming.resume();
        done(incoming.statusCode === 200);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('close', () => done(false));
    outgoing.on('error', () => done(false));
    outgoing.end();
  });
}
