/**
 * A landing zone of 1,000 accounts in 131 units: reading the file, the plan when nothing has changed, the plan and apply
 * of one change, and drift. Over the whole service with its real pipeline, SQLite, the memory HSM.
 */
import { loadavg } from 'node:os';
import { stringify } from 'yaml';
import { readShippedGuardrails } from '../policies/guardrails/files.ts';
import { orgApi } from '../services/org/api/index.ts';
import { readLandingZone } from '../services/org/domain/landing-zone/file/landing-zone.ts';
import { DEFAULT_LIMITS } from '../services/org/domain/limits.ts';
import { found, type OrgWorld, openOrg } from '../services/org/testing/harness.ts';
import type { BenchRow } from './row.ts';

const ACCOUNTS = 1000;
const FILE = 'landing-zone.yaml';
const ROUNDS = 5;

function landingZone() {
  const unit = (key: string, children: object[] = [], guardrails: string[] = []) => ({
    key,
    name: key,
    guardrails,
    children,
  });
  const businesses = Array.from({ length: 10 }, (_, b) =>
    unit(
      `business-${b}`,
      Array.from({ length: 4 }, (_, g) =>
        unit(
          `business-${b}-geo-${g}`,
          ['prod', 'nonprod'].map((stage) =>
            unit(`business-${b}-geo-${g}-${stage}`, [], stage === 'prod' ? ['production'] : []),
          ),
        ),
      ),
      ['keys'],
    ),
  );
  return {
    apiVersion: 'parapet/v1',
    kind: 'LandingZone',
    metadata: { name: 'large' },
    root: { guardrails: ['red-lines'] },
    organizationalUnits: [unit('business', businesses)],
    accounts: Array.from({ length: ACCOUNTS }, (_, i) => ({
      key: `account-${i}`,
      name: `Account ${i}`,
      email: `account-${i}@example.com`,
      parent: `business-${i % 10}-geo-${i % 4}-${i % 3 === 0 ? 'prod' : 'nonprod'}`,
      tags: { owner: `team-${i % 50}`, env: i % 3 === 0 ? 'prod' : 'nonprod' },
    })),
    guardrailSets: [
      { key: 'red-lines', include: ['G-P-01', 'G-P-05', 'G-P-06', 'G-P-07', 'G-P-32', 'G-P-33'] },
      { key: 'keys', include: ['G-P-08', 'G-P-09', 'G-P-10', 'G-P-14'] },
      { key: 'production', include: ['G-P-25', 'G-P-27', 'G-P-28'] },
    ],
  };
}

export async function run(): Promise<BenchRow[]> {
  const file = landingZone();
  const rows: BenchRow[] = [
    {
      name: 'load average at the start (a busy machine falsifies the absolute figures)',
      value: round(loadavg()[0] ?? 0),
      unit: 'processes',
    },
    readFile(stringify(file)),
  ];
  const world = await openOrg();
  try {
    await found(world);
    rows.push(...(await measure(world, JSON.stringify(file))));
  } finally {
    await world.close();
  }
  return rows;
}

function readFile(text: string): BenchRow {
  const library = readShippedGuardrails();
  const ms = median(() => {
    const { landingZone: read } = readLandingZone({
      main: FILE,
      files: new Map([[FILE, text]]),
      library,
      limits: DEFAULT_LIMITS,
    });
    if (!read) throw new Error('the landing zone has faults');
  });
  return { name: `reading and checking ${Math.round(text.length / 1000)} kB of YAML`, value: round(ms), unit: 'ms' };
}

async function measure(world: OrgWorld, document: string): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const add = (name: string, value: number, unit: string, goal?: string) =>
    rows.push({ name, value: round(value), unit, ...(goal !== undefined && { goal }) });
  const first = await timed(() => plan(world, document));
  add(`plan of everything (${first.value.StepCount} steps)`, first.ms, 'ms');
  const built = await timed(() => apply(world, first.value));
  add('apply of everything', first.value.StepCount / (built.ms / 1000), 'steps/s');
  const unchanged = await medianOf(() => plan(world, document));
  if (unchanged.value.StepCount !== 0) throw new Error('something is left to do');
  add(`plan of an unchanged landing zone of ${ACCOUNTS} accounts`, unchanged.ms, 'ms', '< 5000');
  const changed = document.replace('"G-P-14"', '"G-P-14","G-P-24"');
  const one = await medianOf(() => plan(world, changed));
  add(`plan of one guardrail more on every account (${one.value.StepCount} step)`, one.ms, 'ms');
  const drift = await medianOf(() => world.ask(orgApi.DescribeDrift));
  if (drift.value.DriftCount !== 0) throw new Error('there is drift');
  add('looking for drift', drift.ms, 'ms');
  const exported = await medianOf(() => world.ask(orgApi.ExportLandingZone));
  add('export', exported.ms, 'ms');
  return rows;
}

async function plan(world: OrgWorld, Document: string) {
  world.clock.time += 1000;
  return (await world.ask(orgApi.PlanLandingZone, { Document })).Plan;
}

async function apply(world: OrgWorld, { PlanId, Sha256 }: { PlanId: string; Sha256: string }): Promise<void> {
  const { Apply } = await world.ask(orgApi.ApplyPlan, { PlanId, Sha256 });
  await world.deps.applies.idle();
  const end = await world.ask(orgApi.DescribeApply, { ApplyId: Apply.ApplyId, MaxResults: 1 });
  if (end.Apply.State !== 'SUCCEEDED')
    throw new Error(`the apply is ${end.Apply.State}: ${end.Apply.Failure?.Message}`);
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const from = performance.now();
  const value = await work();
  return { ms: performance.now() - from, value };
}

async function medianOf<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const runs: { ms: number; value: T }[] = [];
  for (let i = 0; i < ROUNDS; i++) runs.push(await timed(work));
  return runs.sort((a, b) => a.ms - b.ms)[ROUNDS >> 1] as { ms: number; value: T };
}

function median(work: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const from = performance.now();
    work();
    return performance.now() - from;
  });
  return times.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

const round = (value: number) => Math.round(value * 10) / 10;
