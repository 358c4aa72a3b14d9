/**
 * The front door under load: authorize and Decrypt over TLS with SigV4 and a durable record, as a share of what a bare
 * node:https echo of the same machine does in the same run. Rounds alternate, ratios are taken round by round.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { freePort, root, startParapet } from '../test/harness/server.ts';
import { native } from '../test/harness/signed.ts';
import type { LoadJob, LoadResult } from './http/load.ts';
import type { BenchRow } from './row.ts';

const SECONDS = Number(process.env.PARAPET_BENCH_SECONDS ?? 4);
const ROUNDS = Number(process.env.PARAPET_BENCH_ROUNDS ?? 5);
const CONNECTIONS = 32;

export async function run(): Promise<BenchRow[]> {
  const server = await startParapet({ env: { PARAPET_LOG_LEVEL: 'warn', PARAPET_RATE_PRINCIPAL: '1000000' } });
  const echoPort = await freePort();
  const echo = await started(
    fork(
      join(root, 'bench/http/echo-server.ts'),
      [join(server.dataFolder, 'tls', 'listener.pem'), String(echoPort)],
      child(),
    ),
  );
  const generator = fork(join(root, 'bench/http/load.ts'), [], child());
  try {
    const made = await native(server, '/v1/kms/create-key', {});
    const KeyId = (made.json().KeyMetadata as { KeyId: string }).KeyId;
    const sealed = await native(server, '/v1/kms/encrypt', {
      KeyId,
      Plaintext: Buffer.alloc(32).toString('base64'),
      EncryptionContext: { app: 'bench' },
    });
    const shared = {
      caPath: server.caPath,
      connections: CONNECTIONS,
      seconds: SECONDS,
      headers: { 'content-type': 'application/json' },
    };
    const sign = { ...server.admin, service: 'parapet' };
    const decrypt: LoadJob = {
      ...shared,
      port: server.port,
      path: '/v1/kms/decrypt',
      body: JSON.stringify({ CiphertextBlob: sealed.json().CiphertextBlob, EncryptionContext: { app: 'bench' } }),
      sign,
    };
    const authorize: LoadJob = {
      ...shared,
      port: server.port,
      path: '/v1/authz/authorize',
      body: JSON.stringify({
        Action: 'kms:Decrypt',
        Resource: `arn:aws:kms:local-1:${server.admin.accountId}:key/${KeyId}`,
      }),
      sign,
    };
    const bare: LoadJob = { ...shared, port: echoPort, path: '/', body: decrypt.body };
    const jobs = { bare, authorize, decrypt };
    for (const job of Object.values(jobs)) await ask(generator, { ...job, seconds: 1 });
    const rounds: Record<keyof typeof jobs, LoadResult[]> = { bare: [], authorize: [], decrypt: [] };
    for (let round = 0; round < ROUNDS; round++)
      for (const name of Object.keys(jobs) as (keyof typeof jobs)[])
        rounds[name].push(await ask(generator, jobs[name]));
    const calm = await ask(generator, { ...decrypt, rate: 300, seconds: SECONDS });
    const calmAuthorize = await ask(generator, { ...authorize, rate: 500, seconds: SECONDS });
    const rate = (r: LoadResult) => r.requests / r.seconds;
    const ratio = (name: 'authorize' | 'decrypt') =>
      median(rounds[name].map((r, i) => rate(r) / rate(rounds.bare[i] as LoadResult)));
    return [
      { name: 'bare node:https echo', value: Math.round(median(rounds.bare.map(rate))), unit: 'requests/s' },
      {
        name: 'authorize',
        value: Math.round(median(rounds.authorize.map(rate))),
        unit: 'requests/s',
        baseline: 'bare node:https echo',
        ratio: round3(ratio('authorize')),
        goal: 'ratio >= 0.5',
      },
      {
        name: 'Decrypt',
        value: Math.round(median(rounds.decrypt.map(rate))),
        unit: 'requests/s',
        baseline: 'bare node:https echo',
        ratio: round3(ratio('decrypt')),
        goal: 'ratio >= 0.35',
      },
      { name: 'Decrypt at 300/s, p50', value: round3(calm.p50), unit: 'ms', goal: '<= 4 ms' },
      { name: 'Decrypt at 300/s, p99', value: round3(calm.p99), unit: 'ms', goal: '<= 20 ms' },
      { name: 'authorize at 500/s, p50', value: round3(calmAuthorize.p50), unit: 'ms', goal: '<= 3 ms' },
      { name: 'authorize at 500/s, p99', value: round3(calmAuthorize.p99), unit: 'ms', goal: '<= 15 ms' },
    ];
  } finally {
    echo.kill();
    generator.kill();
    await server.stop();
  }
}

function child() {
  return {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'] as ('ignore' | 'inherit' | 'ipc')[],
  };
}

function started(process_: ChildProcess): Promise<ChildProcess> {
  return new Promise((done) => process_.once('message', () => done(process_)));
}

function ask(generator: ChildProcess, job: LoadJob): Promise<LoadResult> {
  return new Promise((done, failed) => {
    generator.once('message', (result: LoadResult) => {
      if (result.errors > 0) failed(new Error(`${result.errors} requests to ${job.path} failed: ${result.firstError}`));
      else done(result);
    });
    generator.send(job);
  });
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}
