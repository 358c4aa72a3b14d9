/**
 * Cost of a durable audit record and of an audited change, on both engines, beside the bare driver in the same run.
 * `npx tsx bench/store.ts` writes `bench/results/store.json`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore, type Store } from '../platform/store/index.ts';
import { type BareCommits, barePostgres, bareSqlite } from '../platform/store/testing/bare-commits.ts';
import { type TestTables, testMigrations } from '../platform/store/testing/fixture.ts';
import { postgresMissing, startPostgres } from '../platform/store/testing/postgres-server.ts';
import { report } from './report.ts';
import type { BenchRow } from './row.ts';

const SECTION_MS = 3000;
// About the size of a canonical record of one Decrypt.
const RECORD = JSON.stringify({ eventName: 'Decrypt', padding: 'x'.repeat(900) });

/** Measures SQLite, and PostgreSQL when it is installed. Takes about half a minute. */
export async function run(): Promise<BenchRow[]> {
  const load = {
    name: 'load average at the start (a busy machine falsifies the absolute figures)',
    value: round(loadavg()[0] ?? 0),
    unit: 'processes',
  };
  const rows: BenchRow[] = [load];
  const folder = mkdtempSync(join(tmpdir(), 'parapet-bench-'));
  try {
    rows.push(...(await measure('sqlite', { folder }, bareSqlite(folder, RECORD), '>= 30000')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (postgresMissing() === undefined) {
    const server = await startPostgres({ durable: true });
    try {
      rows.push(...(await measure('postgres', { url: server.url }, await barePostgres(server.url, RECORD))));
    } finally {
      await server.stop();
    }
  }
  return rows;
}

async function measure(
  engine: string,
  where: { folder?: string; url?: string },
  bare: BareCommits,
  goal?: string,
): Promise<BenchRow[]> {
  const store = await openStore<TestTables>({
    service: 'bench',
    clock: { now: Date.now },
    migrations: testMigrations,
    ...where,
  });
  try {
    const { changes, baseline } = await audited(store, bare);
    const one = await appended(store, 1);
    const some = await appended(store, 32);
    const many = await appended(store, 128);
    const row = (name: string, value: number, unit: string, goal?: string): BenchRow => {
      return { name: `${engine}: ${name}`, value: round(value), unit, ...(goal === undefined ? {} : { goal }) };
    };
    const against = (value: number, other: number, what: string) => {
      return { baseline: `${what}: ${round(other)}`, ratio: round(value / other) };
    };
    const alone = 'one caller';
    return [
      {
        ...row('audited change, one caller', changes, 'commits/s', 'ratio >= 0.5'),
        ...against(changes, baseline, 'bare driver'),
      },
      { ...row('record, one caller', one.perSecond, 'rows/s'), ...against(one.perSecond, changes, 'audited change') },
      { ...row('record, 32 callers', some.perSecond, 'rows/s'), ...against(some.perSecond, one.perSecond, alone) },
      {
        ...row('record, 128 callers', many.perSecond, 'rows/s', goal),
        ...against(many.perSecond, one.perSecond, alone),
      },
      row('record, 32 callers, median wait', some.p50, 'ms'),
      row('record, 32 callers, 99th percentile of the wait', some.p99, 'ms', '<= 15'),
    ];
  } finally {
    await bare.close();
    await store.close();
  }
}

let sequence = 0;
function nextRecord() {
  sequence += 1;
  return {
    eventId: `event-${sequence}`,
    accountId: '111122223333',
    wseq: sequence,
    boot: 'bench',
    createdAt: sequence,
    record: RECORD,
  };
}

// In short turns, so that whatever else the machine does slows both alike.
async function audited(store: Store<TestTables>, bare: BareCommits) {
  const change = () =>
    store.transaction(async (tx) => {
      await tx
        .updateTable('counter')
        .set((eb) => ({ n: eb('n', '+', 1) }))
        .where('id', '=', 'c')
        .execute();
      await store.appendRecordIn(tx, nextRecord());
    });
  const turn = async (commit: () => Promise<void> | void) => {
    let done = 0;
    const end = performance.now() + SECTION_MS / 10;
    while (performance.now() < end) {
      await commit();
      done += 1;
    }
    return done;
  };
  let changes = 0;
  let baseline = 0;
  for (let i = 0; i < 10; i += 1) {
    baseline += await turn(() => bare.commit());
    changes += await turn(change);
  }
  return { changes: changes / (SECTION_MS / 1000), baseline: baseline / (SECTION_MS / 1000) };
}

async function appended(store: Store<TestTables>, callers: number) {
  const waits: number[] = [];
  const start = performance.now();
  const caller = async () => {
    while (performance.now() - start < SECTION_MS) {
      const asked = performance.now();
      await store.appendRecord(nextRecord());
      waits.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const perSecond = (waits.length / (performance.now() - start)) * 1000;
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.floor(waits.length * share)] ?? 0;
  return { perSecond, p50: at(0.5), p99: at(0.99) };
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) report('store', await run());
