/**
 * What a decision costs. (a) Identity policies of 10 to 10,000 statements, matching statement last, against three
 * peers in a child process in the same run. (b) The full stack of layers, hostile globs and every condition operator.
 * Throughput is per second of processor time, that is, per core.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { evaluate } from '../policies/engine/index.ts';
import { callsPerSecond, latency, round } from './engine/measure.ts';
import { conditionForms, fullStack, hostileGlobs, identityOnly, type Workload } from './engine/workloads.ts';
import { report } from './report.ts';
import type { BenchRow } from './row.ts';

const SIZES = [10, 200, 1_000, 10_000];
const SECONDS = 2;
const PEER_SECONDS = 3;
const PEERS = ['iam-simulate', 'cedar', 'casbin'] as const;
/** At 10,000 statements iam-simulate takes many seconds for one decision. */
const LARGEST: Readonly<Record<(typeof PEERS)[number], number>> = {
  'iam-simulate': 1_000,
  cedar: 10_000,
  casbin: 10_000,
};
const PEER_TIMEOUT_MS = 120_000;

export async function run(): Promise<BenchRow[]> {
  const ours = new Map(SIZES.map((size) => [size, perSecond(identityOnly(size), 'allow')]));
  const own = SIZES.map((size): BenchRow => {
    const row = { name: `engine, ${size} statements`, value: round(ours.get(size)!), unit: 'decisions/s' };
    if (size === 1_000) return { ...row, goal: '>= 500000' };
    if (size !== 10_000) return row;
    const ratio = round(ours.get(size)! / ours.get(10)!);
    return { ...row, baseline: 'engine, 10 statements', ratio, goal: 'ratio >= 0.5' };
  });
  return [...own, ...peerRows(ours), ...stackRows(), ...globRows(), ...conditionRows()];
}

function perSecond({ request, layers }: Workload, expected: 'allow' | 'deny'): number {
  if (evaluate(request, layers).effect !== expected) throw new Error(`workload is not ${expected}`);
  return callsPerSecond(() => void evaluate(request, layers), SECONDS);
}

function peerRows(ours: ReadonlyMap<number, number>): BenchRow[] {
  const folder = join(import.meta.dirname, 'peers');
  if (!existsSync(join(folder, 'node_modules'))) {
    execFileSync('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund'], { stdio: 'inherit' });
  }
  return PEERS.flatMap((peer) =>
    SIZES.filter((size) => size <= LARGEST[peer]).map((size) => {
      const name = `${peer}, ${size} statements`;
      const output = execFileSync(
        process.execPath,
        [join(folder, 'run.mjs'), peer, String(size), String(PEER_SECONDS)],
        {
          cwd: folder,
          encoding: 'utf8',
          timeout: PEER_TIMEOUT_MS,
        },
      );
      const { perSecond: value } = JSON.parse(output) as { perSecond: number };
      return {
        name,
        value: round(value),
        unit: 'decisions/s',
        baseline: 'engine, same size',
        ratio: round(value / ours.get(size)!),
      };
    }),
  );
}

function stackRows(): BenchRow[] {
  const { request, layers } = fullStack();
  const value = perSecond({ request, layers }, 'allow');
  const laps = latency(() => void evaluate(request, layers), 20, 10_000);
  const name = 'full stack (B2: 1,360 statements in 14 sets)';
  return [
    { name: `${name}, throughput`, value: round(value), unit: 'decisions/s' },
    { name: `${name}, p50`, value: laps.p50Microseconds, unit: 'us' },
    { name: `${name}, p99`, value: laps.p99Microseconds, unit: 'us', goal: '< 50' },
    {
      name: `${name}, p99 of the quietest of 20 rounds`,
      value: laps.quietestP99Microseconds,
      unit: 'us',
      goal: '< 50',
    },
  ];
}

/** Linear matching: twice the text may cost about twice the time. */
function globRows(): BenchRow[] {
  const [short, long] = [200, 400].map((length) => 1e6 / perSecond(hostileGlobs(length), 'deny'));
  const name = 'hostile globs (B3: 1,000 patterns of 4 stars)';
  return [
    { name: `${name}, 200 characters`, value: round(short!), unit: 'us' },
    {
      name: `${name}, 400 characters`,
      value: round(long!),
      unit: 'us',
      baseline: '200 characters',
      ratio: round(long! / short!),
      goal: 'ratio < 2.5',
    },
  ];
}

/** Which form is slowest says more than an average. */
function conditionRows(): BenchRow[] {
  const forms = conditionForms().map(({ name, workload }) => {
    const call = () => void evaluate(workload.request, workload.layers);
    return { name, microseconds: 1e6 / callsPerSecond(call, SECONDS / 40) };
  });
  forms.sort((a, b) => a.microseconds - b.microseconds);
  const middle = forms[forms.length >> 1]!;
  const slowest = forms.at(-1)!;
  return [
    {
      name: `conditions (B4: ${forms.length} forms of 50 values), median`,
      value: round(middle.microseconds),
      unit: 'us',
    },
    { name: `conditions (B4), slowest: ${slowest.name}`, value: round(slowest.microseconds), unit: 'us' },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) report('engine', await run());
