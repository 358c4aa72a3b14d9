/**
 * The front door under load: authorize and Decrypt over TLS with SigV4 and a durable record, as a share of what a bare
 * node:https echo of the same machine does in the same run. Rounds alternate, ratios are taken round by round.
 */
import { startParapet } from '../test/harness/server.ts';
import { native } from '../test/harness/signed.ts';
import { ask, median, rate, round3, startEcho, startGenerator } from './http/generator.ts';
import type { LoadJob, LoadResult } from './http/load.ts';
import { loadRow, spentOn, spentRows } from './http/spent.ts';
import type { BenchRow } from './row.ts';

const SECONDS = Number(process.env.PARAPET_BENCH_SECONDS ?? 4);
const ROUNDS = Number(process.env.PARAPET_BENCH_ROUNDS ?? 5);
const CONNECTIONS = 32;

export async function run(): Promise<BenchRow[]> {
  const server = await startParapet({ env: { PARAPET_LOG_LEVEL: 'warn', PARAPET_RATE_PRINCIPAL: '1000000' } });
  const { echo, port: echoPort } = await startEcho(server.dataFolder);
  const generator = startGenerator();
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
    const pid = server.processes()[0]?.pid as number;
    const spent = {
      bare: await spentOn(echo.pid as number, generator, bare),
      authorize: await spentOn(pid, generator, authorize),
      decrypt: await spentOn(pid, generator, decrypt),
    };
    const calm = await ask(generator, { ...decrypt, rate: 300, seconds: SECONDS });
    const calmAuthorize = await ask(generator, { ...authorize, rate: 500, seconds: SECONDS });
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
      { name: 'echo: processor time of its loop', value: spent.bare.loop, unit: 'us/request' },
      ...spentRows('authorize', spent.authorize),
      ...spentRows('Decrypt', spent.decrypt),
      { name: 'authorize: processor time of the load generator', value: spent.authorize.generator, unit: 'us/request' },
      { name: 'Decrypt at 300/s, p50', value: round3(calm.p50), unit: 'ms', goal: '<= 4 ms' },
      { name: 'Decrypt at 300/s, p99', value: round3(calm.p99), unit: 'ms', goal: '<= 20 ms' },
      { name: 'authorize at 500/s, p50', value: round3(calmAuthorize.p50), unit: 'ms', goal: '<= 3 ms' },
      { name: 'authorize at 500/s, p99', value: round3(calmAuthorize.p99), unit: 'ms', goal: '<= 15 ms' },
      loadRow(),
    ];
  } finally {
    echo.kill();
    generator.kill();
    await server.stop();
  }
}
