/** One connection to a Redis node, for one step. A command is a list of arguments: nothing is ever quoted. */
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { addressOf, checkName, checkTransport } from '../credential-rules.ts';
import { TargetFailure } from '../failure.ts';
import type { Credential, Endpoint, ProbeResult, TargetConnection } from '../port.ts';
import { fromRedis, isRefusal } from './failures.ts';

export const MAX_NAME_BYTES = 128;

/** Of the oldest servers; the class and the client must agree. */
const PROTOCOL = { RESP: 2 } as const;

/**
 * SECURITY: `createClient` keeps the options of the last client, password included, as the key of a cache. The class
 * made once has no password in it, and costs 30 ms less each time.
 */
async function loadClient() {
  const { RedisClient } = await import('@redis/client');
  return RedisClient.factory(PROTOCOL);
}

let loaded: ReturnType<typeof loadClient> | undefined;

/** Loaded when the first target needs it: a start must not wait for drivers. */
function clientClass() {
  loaded ??= loadClient();
  return loaded;
}

export interface Session {
  command(...args: readonly string[]): Promise<unknown>;
}

export async function withSession<T>(
  target: TargetConnection,
  credential: Credential,
  endpoint: Endpoint,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let client: Awaited<ReturnType<typeof open>> | undefined;
  try {
    client = await open(target, credential, endpoint);
    const opened = client;
    await within(target.connectTimeoutMs, target.name, opened.connect());
    return await work({
      command: (...args) => within(target.statementTimeoutMs, target.name, opened.sendCommand(args)),
    });
  } catch (error) {
    throw fromRedis(error, target.name);
  } finally {
    close(client);
  }
}

export async function probe(
  target: TargetConnection,
  credential: Credential,
  endpoint: Endpoint,
): Promise<ProbeResult> {
  let client: Awaited<ReturnType<typeof open>> | undefined;
  try {
    checkName(credential.username, MAX_NAME_BYTES, target.name);
    client = await open(target, credential, endpoint);
    await within(target.connectTimeoutMs, target.name, client.connect());
    return { answer: 'valid' };
  } catch (error) {
    if (isRefusal(error)) return { answer: 'refused' };
    return { answer: 'unreachable', failure: fromRedis(error, target.name) };
  } finally {
    close(client);
  }
}

async function open(target: TargetConnection, credential: Credential, endpoint: Endpoint) {
  checkTransport(target, endpoint);
  const { tls } = target;
  const timeouts = { connectTimeout: target.connectTimeoutMs, reconnectStrategy: false } as const;
  const socket = endpoint.host.startsWith('/')
    ? { ...timeouts, path: endpoint.host }
    : tls.mode === 'plain'
      ? { ...timeouts, host: addressOf(endpoint), port: endpoint.port }
      : {
          ...timeouts,
          tls: true as const,
          host: addressOf(endpoint),
          port: endpoint.port,
          rejectUnauthorized: true,
          ...(tls.ca === undefined ? {} : { ca: tls.ca }),
          checkServerIdentity: (_name: string, certificate: PeerCertificate) =>
            checkServerIdentity(tls.serverName ?? endpoint.host, certificate),
        };
  const clientOf = await clientClass();
  const client = clientOf({
    ...PROTOCOL,
    socket,
    username: credential.username,
    password: credential.password.toString('utf8'),
    disableClientInfo: true,
    disableOfflineQueue: false,
  });
  client.on('error', () => undefined);
  return client;
}

function close(client: Awaited<ReturnType<typeof open>> | undefined): void {
  try {
    client?.destroy();
  } catch {
    // It was closed by the other side.
  }
}

async function within<T>(milliseconds: number, where: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TargetFailure('timeout', where)), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // Whichever lost the race may still fail.
    work.catch(() => undefined);
  }
}
