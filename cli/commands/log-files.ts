/** The files of a log (C2SP tlog-tiles): in a folder, or where a server serves them, asked for with our credentials. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { signHeaders } from '../../platform/authn/sigv4/sign.ts';
import type { ParapetOptions } from '../../sdk/parapet.ts';
import { readProblem } from '../../sdk/problem.ts';
import { httpTransport } from '../../sdk/transport.ts';
import type { Terminal } from '../terminal.ts';

export interface LogFiles {
  /** Undefined: there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  close(): void;
}

export const LOG_PATH = '/audit/log/';
/** Where a server has the newest checkpoint that witnesses have cosigned. */
export const COSIGNED_CHECKPOINT = 'cosigned-checkpoint';
const TIMEOUT_MS = 60_000;
const ATTEMPTS = 5;

export function filesInFolder(terminal: Terminal, folder: string): LogFiles {
  return {
    read: (path) =>
      terminal.read(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
        throw error;
      }),
    close: () => undefined,
  };
}

/** `base`: with scheme, host and path, and a slash at its end. */
export function filesAt(terminal: Terminal, base: string, options: ParapetOptions): LogFiles {
  const { origin, pathname } = new URL(base);
  const transport = httpTransport(origin, options.ca);
  const ask = async (path: string) => {
    const target = `${pathname}${path}`;
    const rawHeaders = ['Host', transport.host, 'User-Agent', 'parapet-cli', 'amz-sdk-invocation-id', randomUUID()];
    rawHeaders.push(...(await authorization(target, rawHeaders)));
    return transport.send({ method: 'GET', target, rawHeaders, timeoutMs: TIMEOUT_MS });
  };
  const authorization = async (rawTarget: string, rawHeaders: string[]): Promise<readonly string[]> => {
    const { credentials: given } = options;
    const credentials = typeof given === 'function' ? await given() : given;
    if (credentials === undefined) return [];
    if ('bearer' in credentials) return ['Authorization', `Bearer ${credentials.bearer}`];
    const scope = { region: options.region ?? 'local-1', service: 'audit', now: terminal.now() };
    return signHeaders({ method: 'GET', rawTarget, rawHeaders }, credentials, scope).addedHeaders;
  };
  return {
    async read(path) {
      for (let attempt = 1; ; attempt++) {
        const answer = await ask(path);
        if (answer.status === 200) return answer.body;
        if (answer.status === 404) return undefined;
        if ((answer.status !== 429 && answer.status !== 503) || attempt === ATTEMPTS)
          throw readProblem(answer, terminal.now());
        await terminal.pause(200 * 2 ** attempt);
      }
    },
    close: () => transport.close(),
  };
}

/** Whole or not at all. */
export function writeLogFile(folder: string, path: string, bytes: Buffer): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, bytes, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export function hasLogFile(folder: string, path: string): boolean {
  return statSync(join(folder, path), { throwIfNoEntry: false })?.isFile() === true;
}
