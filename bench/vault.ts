/**
 * The vault under load: GetSecretValue over TLS with SigV4 and durable records of vault and kms, as a share of what a
 * bare node:https echo does in the same run; new versions; and reads in a large installation against a small one.
 * Rounds alternate, ratios are taken round by round.
 */
import type { ChildProcess } from 'node:child_process';
import { type Running, startParapet } from '../test/harness/server.ts';
import { native } from '../test/harness/signed.ts';
import { ask, median, rate, round3, startEcho, startGenerator } from './http/generator.ts';
import type { LoadJob, LoadResult } from './http/load.ts';
import { loadRow, spentOn, spentRows } from './http/spent.ts';
import type { BenchRow } from './row.ts';
import { addBallast } from './vault/ballast.ts';

const SECONDS = Number(process.env.PARAPET_BENCH_SECONDS ?? 4);
const ROUNDS = Number(process.env.PARAPET_BENCH_ROUNDS ?? 5);
const CONNECTIONS = 32;
/** That are read, in a small installation and in a large one. */
const SECRETS = 1_000;
const MANY_SECRETS = Number(process.env.PARAPET_BENCH_SECRETS ?? 100_000);
const VERSIONS_EACH = 10;
/** Each takes a hundred new versions a day. */
const WRITTEN = Number(process.env.PARAPET_BENCH_WRITTEN ?? 300);
const AT_ONCE = 16;
const WARM_SECONDS = 15;

export async function run(): Promise<BenchRow[]> {
  const server = await startParapet({ env: { PARAPET_LOG_LEVEL: 'warn', PARAPET_RATE_PRINCIPAL: '1000000' } });
  const { echo, port } = await startEcho(server.dataFolder);
  const generator = startGenerator();
  try {
    const names = Array.from({ length: SECRETS }, (_, at) => `bench/${at}`);
    await create(server, names);
    const jobs = jobsOf(server, names, port);
    for (const job of Object.values(jobs)) await ask(generator, { ...job, seconds: 1 });
    const rows = await reading(server, generator, echo, jobs);
    const written = await writing(server, generator);
    const size = await large(server, generator, names, port);
    return [...rows, ...written, ...size, loadRow()];
  } finally {
    echo.kill();
    generator.kill();
    await server.stop();
  }
}

function jobsOf(server: Running, names: readonly string[], echoPort: number): Record<'bare' | 'one' | 'all', LoadJob> {
  const shared = {
    caPath: server.caPath,
    connections: CONNECTIONS,
    seconds: SECONDS,
    headers: { 'content-type': 'application/json' },
  };
  const sign = { ...server.admin, service: 'parapet' };
  const read = { ...shared, port: server.port, path: '/v1/ccms/get-secret-value', sign };
  const bodies = names.map((SecretId) => JSON.stringify({ SecretId }));
  const [body = ''] = bodies;
  return {
    bare: { ...shared, port: echoPort, path: '/', body },
    one: { ...read, body },
    all: { ...read, body: bodies },
  };
}

async function reading(
  server: Running,
  generator: ChildProcess,
  echo: ChildProcess,
  { bare, one }: ReturnType<typeof jobsOf>,
): Promise<BenchRow[]> {
  const results: { bare: LoadResult; one: LoadResult }[] = [];
  for (let round = 0; round < ROUNDS; round++)
    results.push({ bare: await ask(generator, bare), one: await ask(generator, one) });
  const spentBare = await spentOn(echo.pid as number, generator, bare);
  const spentOne = await spentOn(server.processes()[0]?.pid as number, generator, one);
  const calm = await ask(generator, { ...one, rate: 300 });
  const baseline = 'bare node:https echo';
  return [
    { name: baseline, value: Math.round(median(results.map((r) => rate(r.bare)))), unit: 'requests/s' },
    {
      name: 'GetSecretValue',
      value: Math.round(median(results.map((r) => rate(r.one)))),
      unit: 'requests/s',
      baseline,
      ratio: round3(median(results.map((r) => rate(r.one) / rate(r.bare)))),
      goal: 'ratio >= 0.35',
    },
    { name: 'echo: processor time of its loop', value: spentBare.loop, unit: 'us/request' },
    ...spentRows('GetSecretValue', spentOne),
    { name: 'GetSecretValue at 300/s, p50', value: round3(calm.p50), unit: 'ms' },
    { name: 'GetSecretValue at 300/s, p99', value: round3(calm.p99), unit: 'ms', goal: '<= 20 ms' },
  ];
}

async function writing(server: Running, generator: ChildProcess): Promise<BenchRow[]> {
  const names = Array.from({ length: WRITTEN }, (_, at) => `written/${at}`);
  await create(server, names);
  const { all } = jobsOf(server, names, server.port);
  const body = names.map((SecretId) => JSON.stringify({ SecretId, SecretString: 'new' }));
  const job = { ...all, path: '/v1/ccms/put-secret-value', body, isFresh: true };
  await ask(generator, { ...job, seconds: 1 });
  const results: LoadResult[] = [];
  for (let round = 0; round < Math.min(ROUNDS, 3); round++) results.push(await ask(generator, job));
  const value = Math.round(median(results.map(rate)));
  const spent = await spentOn(server.processes()[0]?.pid as number, generator, job);
  return [
    { name: `PutSecretValue, ${CONNECTIONS} clients`, value, unit: 'requests/s', goal: '>= 800' },
    ...spentRows('PutSecretValue', spent),
  ];
}

/**
 * The same secrets are read before and after rows of a large installation stand beside theirs, each time after a start.
 * Code that has run a thousand times costs twice what it costs after ten thousand, so load comes before the measure.
 */
async function large(
  server: Running,
  generator: ChildProcess,
  names: readonly string[],
  echoPort: number,
): Promise<BenchRow[]> {
  await server.terminate();
  await server.start();
  const few = await readingTime(server, generator, names, echoPort);
  await server.terminate();
  await addBallast(server.dataFolder, MANY_SECRETS, VERSIONS_EACH);
  await server.start();
  const many = await readingTime(server, generator, names, echoPort);
  const baseline = `GetSecretValue of ${SECRETS} secrets, without others`;
  return [
    { name: `${baseline}: processor time`, value: Math.round(few), unit: 'us/request' },
    {
      name: `GetSecretValue of ${SECRETS} secrets beside ${MANY_SECRETS} with ${VERSIONS_EACH} versions each: processor time`,
      value: Math.round(many),
      unit: 'us/request',
      baseline: `${baseline}: processor time`,
      ratio: round3(many / few),
      goal: 'ratio <= 2',
    },
  ];
}

async function readingTime(server: Running, generator: ChildProcess, names: readonly string[], echoPort: number) {
  const { all } = jobsOf(server, names, echoPort);
  await each(names, async (SecretId) => native(server, '/v1/ccms/get-secret-value', { SecretId }));
  await ask(generator, { ...all, seconds: WARM_SECONDS });
  const measured: number[] = [];
  for (let round = 0; round < Math.min(ROUNDS, 3); round++) {
    const { loop, others } = await spentOn(server.processes()[0]?.pid as number, generator, all);
    measured.push(loop + others);
  }
  return median(measured);
}

function create(server: Running, names: readonly string[]): Promise<void> {
  const SecretString = 'x'.repeat(64);
  return each(names, (Name) => native(server, '/v1/ccms/create-secret', { Name, SecretString }));
}

async function each(names: readonly string[], ask: (name: string) => ReturnType<typeof native>): Promise<void> {
  for (let at = 0; at < names.length; at += AT_ONCE)
    for (const { status } of await Promise.all(names.slice(at, at + AT_ONCE).map(ask)))
      if (status !== 200) throw new Error(`a secret could not be made or read: status ${status}`);
}
