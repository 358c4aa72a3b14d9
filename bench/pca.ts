/**
 * Issuing. A P-256 authority in SoftHSM, with policies, lints, durable record and storage: through the API over TLS with
 * SigV4, and the pipeline in this process; next to @peculiar/x509 alone, which keeps and checks nothing, and to what
 * SoftHSM signs when it is called straight. Rounds alternate, ratios are taken round by round.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Running, startParapet } from '../test/harness/server.ts';
import { native } from '../test/harness/signed.ts';
import { ask, median, rate, round3, startGenerator } from './http/generator.ts';
import type { LoadJob, LoadResult } from './http/load.ts';
import { openRawSigner } from './kms/softhsm-signer.ts';
import { openInProcess } from './pca/in-process.ts';
import { openPeculiar } from './pca/peculiar.ts';
import { makeRequests } from './pca/requests.ts';
import type { BenchRow } from './row.ts';

const SECONDS = Number(process.env.PARAPET_BENCH_SECONDS ?? 3);
const ROUNDS = Number(process.env.PARAPET_BENCH_ROUNDS ?? 5);
const CONNECTIONS = 64;
const IN_FLIGHT = 128;
const REQUESTS = 2_000;

export async function run(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-raw-'));
  const raw = await openRawSigner(folder);
  const peculiar = await openPeculiar();
  const inProcess = await openInProcess();
  const server = await startParapet({ env: { PARAPET_LOG_LEVEL: 'warn', PARAPET_RATE_PRINCIPAL: '1000000' } });
  const generator = startGenerator();
  const csrs = makeRequests(REQUESTS);
  try {
    const job = await issueJob(server, csrs);
    await ask(generator, { ...job, seconds: 2 });
    await together(inProcess.issue, csrs, IN_FLIGHT, 2_000);
    const measured = { bare: [] as number[], library: [] as number[], pipeline: [] as number[], cpu: [] as number[] };
    const api: LoadResult[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      measured.bare.push(repeat(raw.p256, SECONDS * 1000));
      measured.library.push((await together(peculiar, csrs, 1, SECONDS * 1000)).rate);
      const { rate: issued, cpu } = await together(inProcess.issue, csrs, IN_FLIGHT, SECONDS * 1000);
      measured.pipeline.push(issued);
      measured.cpu.push(cpu);
      api.push(await ask(generator, job));
    }
    const { bare, library, pipeline, cpu } = measured;
    const share = (values: number[], of: number[]) => round3(median(values.map((value, at) => value / of[at]!)));
    const baseline = 'raw SoftHSM, P-256';
    const alone = '@peculiar/x509 alone';
    const rates = api.map(rate);
    return [
      { name: baseline, value: Math.round(median(bare)), unit: 'signatures/s' },
      {
        name: alone,
        value: Math.round(median(library)),
        unit: 'certificates/s',
        baseline,
        ratio: share(library, bare),
      },
      {
        name: `in process, ${IN_FLIGHT} in flight`,
        value: Math.round(median(pipeline)),
        unit: 'certificates/s',
        baseline,
        ratio: share(pipeline, bare),
        goal: '>= 2500',
      },
      {
        name: 'in process, compared with the library',
        value: Math.round(median(pipeline)),
        unit: 'certificates/s',
        baseline: alone,
        ratio: share(pipeline, library),
      },
      { name: 'in process, time of a processor for one', value: Math.round(median(cpu)), unit: 'us' },
      {
        name: `through the API, ${CONNECTIONS} connections`,
        value: Math.round(median(rates)),
        unit: 'certificates/s',
        baseline,
        ratio: share(rates, bare),
        goal: '>= 700',
      },
      { name: 'through the API, p50', value: round3(median(api.map(({ p50 }) => p50))), unit: 'ms' },
      { name: 'through the API, p99', value: round3(median(api.map(({ p99 }) => p99))), unit: 'ms' },
    ];
  } finally {
    generator.kill();
    raw.close();
    await inProcess.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Under a root of its own, as whoever asks for certificates would. */
async function issueJob(server: Running, csrs: readonly Buffer[]): Promise<LoadJob> {
  const call = async (path: string, input: object) => (await native(server, `/v1/pca/${path}`, input)).json();
  const made = await call('create-certificate-authority', {
    CertificateAuthorityType: 'ROOT',
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: 'EC_prime256v1',
      SigningAlgorithm: 'SHA256WITHECDSA',
      Subject: { CommonName: 'bench' },
    },
  });
  const authority = { CertificateAuthorityArn: made.CertificateAuthorityArn as string };
  const { Csr } = await call('get-certificate-authority-csr', authority);
  const own = await call('issue-certificate', {
    ...authority,
    Csr: Buffer.from(Csr as string).toString('base64'),
    SigningAlgorithm: 'SHA256WITHECDSA',
    TemplateArn: 'arn:aws:acm-pca:::template/RootCACertificate/V1',
    Validity: { Type: 'YEARS', Value: 10 },
  });
  const { Certificate } = await call('get-certificate', { ...authority, CertificateArn: own.CertificateArn });
  await native(server, '/v1/pca/import-certificate-authority-certificate', {
    ...authority,
    Certificate: Buffer.from(Certificate as string).toString('base64'),
  });
  const body = csrs.map((csr) =>
    JSON.stringify({
      ...authority,
      Csr: csr.toString('base64'),
      SigningAlgorithm: 'SHA256WITHECDSA',
      Validity: { Type: 'DAYS', Value: 90 },
    }),
  );
  return {
    caPath: server.caPath,
    connections: CONNECTIONS,
    seconds: SECONDS,
    headers: { 'content-type': 'application/json' },
    port: server.port,
    path: '/v1/pca/issue-certificate',
    body,
    isFresh: true,
    sign: { ...server.admin, service: 'parapet' },
  };
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

async function together(
  issue: (csr: Buffer) => Promise<unknown>,
  csrs: readonly Buffer[],
  inFlight: number,
  ms: number,
) {
  const start = performance.now();
  const used = process.cpuUsage();
  let done = 0;
  const caller = async () => {
    while (performance.now() - start < ms) await issue(csrs[done++ % csrs.length]!);
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  const { user, system } = process.cpuUsage(used);
  return { rate: (done / (performance.now() - start)) * 1000, cpu: (user + system) / done };
}
