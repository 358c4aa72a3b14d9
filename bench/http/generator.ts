/** The load generator in a process of its own, and what its results come to. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { freePort } from '../../platform/store/testing/private-server.ts';
import { root } from '../../test/harness/server.ts';
import type { LoadJob, LoadResult } from './load.ts';

function child() {
  return {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as ('ignore' | 'inherit' | 'ipc')[],
  };
}

export function startGenerator(): ChildProcess {
  return fork(join(root, 'bench/http/load.ts'), [], child());
}

/** The bare server of node:https, under the certificate of an installation. */
export async function startEcho(dataFolder: string): Promise<{ echo: ChildProcess; port: number }> {
  const port = await freePort();
  const pem = join(dataFolder, 'tls', 'listener.pem');
  const echo = fork(join(root, 'bench/http/echo-server.ts'), [pem, String(port)], child());
  await new Promise((done) => echo.once('message', done));
  return { echo, port };
}

export function ask(generator: ChildProcess, job: LoadJob): Promise<LoadResult> {
  return new Promise((done, failed) => {
    generator.once('message', (result: LoadResult) => {
      if (result.errors > 0) failed(new Error(`${result.errors} requests to ${job.path} failed: ${result.firstError}`));
      else done(result);
    });
    generator.send(job);
  });
}

export function rate({ requests, seconds }: LoadResult): number {
  return requests / seconds;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

export function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}
