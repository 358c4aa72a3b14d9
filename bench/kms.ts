/**
 * Signatures and batches. Sign over TLS with SigV4 and a durable record, and through the HSM agent alone, as a share of
 * what SoftHSM signs when it is called straight, in the same run; batch decryption in items. Rounds alternate, ratios are
 * taken round by round.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentHsm, connectHsm } from '../hsm/agent/client.ts';
import type { KeyPairSpec, KeyRef, SigningAlgorithm } from '../hsm/port.ts';
import { softHsm } from '../hsm/softhsm/softhsm.ts';
import { startParapet } from '../test/harness/server.ts';
import { native } from '../test/harness/signed.ts';
import { ask, median, rate, round3, startGenerator } from './http/generator.ts';
import type { LoadJob, LoadResult } from './http/load.ts';
import { loadRow, spentOn, spentRows } from './http/spent.ts';
import { openRawSigner } from './kms/softhsm-signer.ts';
import type { BenchRow } from './row.ts';

const SECONDS = Number(process.env.PARAPET_BENCH_SECONDS ?? 3);
const ROUNDS = Number(process.env.PARAPET_BENCH_ROUNDS ?? 5);
const CONNECTIONS = 32;
const IN_FLIGHT = 64;
const ITEMS = 500;

const KEYS = {
  'P-256': { spec: 'ECC_NIST_P256', algorithm: 'ECDSA_SHA_256', raw: 'p256' },
  'RSA-2048': { spec: 'RSA_2048', algorithm: 'RSASSA_PKCS1_V1_5_SHA_256', raw: 'rsa2048' },
} as const satisfies Record<string, { spec: KeyPairSpec; algorithm: SigningAlgorithm; raw: 'p256' | 'rsa2048' }>;
type Name = keyof typeof KEYS;
const NAMES = Object.keys(KEYS) as Name[];
const MESSAGE = Buffer.alloc(64, 3);

export async function run(): Promise<BenchRow[]> {
  const folders = [mkdtempSync(join(tmpdir(), 'bench-raw-')), mkdtempSync(join(tmpdir(), 'bench-agent-'))] as const;
  const raw = await openRawSigner(folders[0]);
  const hsm = connectHsm(softHsm({ dataFolder: folders[1], log: 'ignore' }));
  const server = await startParapet({ env: { PARAPET_LOG_LEVEL: 'warn', PARAPET_RATE_PRINCIPAL: '1000000' } });
  const generator = startGenerator();
  try {
    await hsm.ready();
    const jobs = await jobsOf(server);
    for (const job of Object.values(jobs)) await ask(generator, { ...job, seconds: 1 });
    const rows: BenchRow[] = [];
    for (const name of NAMES) {
      const key = await newPair(hsm, KEYS[name].spec);
      const request = { algorithm: KEYS[name].algorithm, message: MESSAGE, isDigest: false };
      const bare: number[] = [];
      const agent: number[] = [];
      const product: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        bare.push(repeat(raw[KEYS[name].raw], SECONDS * 1000));
        agent.push(await together(() => hsm.signWith(key, request), SECONDS * 1000));
        product.push(rate(await ask(generator, jobs[name])));
      }
      const baseline = `raw SoftHSM, ${name}`;
      const share = (values: number[]) => round3(median(values.map((value, at) => value / bare[at]!)));
      rows.push(
        { name: baseline, value: Math.round(median(bare)), unit: 'signatures/s' },
        {
          name: `Sign ${name} through the agent, ${IN_FLIGHT} in flight`,
          value: Math.round(median(agent)),
          unit: 'signatures/s',
          baseline,
          ratio: share(agent),
          goal: 'ratio >= 0.5',
        },
        {
          name: `Sign ${name} by request, ${CONNECTIONS} connections`,
          value: Math.round(median(product)),
          unit: 'requests/s',
          baseline,
          ratio: share(product),
          goal: 'ratio >= 0.5',
        },
      );
    }
    const spent = await spentOn(server.processes()[0]?.pid as number, generator, jobs['P-256']);
    return [...rows, ...spentRows('Sign P-256', spent), ...(await batches(generator, jobs)), loadRow()];
  } finally {
    generator.kill();
    raw.close();
    await hsm.close();
    await server.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

async function batches(generator: ChildProcess, jobs: Jobs): Promise<BenchRow[]> {
  const single: number[] = [];
  const batch: LoadResult[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    single.push(rate(await ask(generator, jobs.single)));
    batch.push(await ask(generator, jobs.batch));
  }
  const items = batch.map((result) => rate(result) * ITEMS);
  const baseline = 'Decrypt, one by one';
  return [
    { name: baseline, value: Math.round(median(single)), unit: 'items/s' },
    {
      name: `BatchDecrypt, ${ITEMS} items of 32 B a request, 4 connections`,
      value: Math.round(median(items)),
      unit: 'items/s',
      baseline,
      ratio: round3(median(items.map((value, at) => value / single[at]!))),
      goal: '>= 15000 items/s',
    },
    { name: 'BatchDecrypt, p50 of a request', value: round3(median(batch.map(({ p50 }) => p50))), unit: 'ms' },
  ];
}

type Jobs = Record<Name | 'single' | 'batch', LoadJob>;

async function jobsOf(server: Awaited<ReturnType<typeof startParapet>>): Promise<Jobs> {
  const call = async (path: string, input: object) => (await native(server, path, input)).json();
  const keyOf = async (input: object) =>
    ((await call('/v1/kms/create-key', input)).KeyMetadata as { KeyId: string }).KeyId;
  const shared = {
    caPath: server.caPath,
    connections: CONNECTIONS,
    seconds: SECONDS,
    headers: { 'content-type': 'application/json' },
    port: server.port,
    sign: { ...server.admin, service: 'parapet' },
  };
  const signing = async (name: Name): Promise<LoadJob> => {
    const { spec, algorithm } = KEYS[name];
    const KeyId = await keyOf({ KeySpec: spec, KeyUsage: 'SIGN_VERIFY' });
    const input = { KeyId, Message: MESSAGE.toString('base64'), SigningAlgorithm: algorithm };
    return { ...shared, path: '/v1/kms/sign', body: JSON.stringify(input) };
  };
  const KeyId = await keyOf({});
  const EncryptionContext = { app: 'bench' };
  const Items = Array.from({ length: ITEMS }, (_, at) => ({
    KeyId,
    Plaintext: Buffer.alloc(32, at).toString('base64'),
    EncryptionContext,
  }));
  const sealed = (await call('/v1/kms/batch-encrypt', { Items })).Items as { CiphertextBlob: string }[];
  const opening = sealed.map(({ CiphertextBlob }) => ({ CiphertextBlob, EncryptionContext }));
  return {
    'P-256': await signing('P-256'),
    'RSA-2048': await signing('RSA-2048'),
    single: { ...shared, path: '/v1/kms/decrypt', body: JSON.stringify(opening[0]) },
    batch: { ...shared, connections: 4, path: '/v1/kms/batch-decrypt', body: JSON.stringify({ Items: opening }) },
  };
}

async function newPair(hsm: AgentHsm, spec: KeyPairSpec): Promise<KeyRef> {
  const tenant = await hsm.createTenantKey(Buffer.from('account 123456789012'));
  return { tenant, material: await hsm.createKeyPair(tenant, Buffer.from(spec), spec, 'sign') };
}

function repeat(run: () => void, ms: number): number {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < ms) {
    run();
    done += 1;
  }
  return (done / (performance.now() - start)) * 1000;
}

async function together(run: () => Promise<unknown>, ms: number): Promise<number> {
  const start = performance.now();
  let done = 0;
  const caller = async () => {
    while (performance.now() - start < ms) {
      await run();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return (done / (performance.now() - start)) * 1000;
}
