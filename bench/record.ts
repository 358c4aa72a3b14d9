/**
 * The record: what it adds to one Decrypt, how long it waits for a signed checkpoint at 2,000 records a second, and how
 * long the verifier takes for a million. BENCH_RECORDS and BENCH_SECONDS make it shorter.
 */
import { createHash, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { writeLogFile } from '../cli/commands/log-files.ts';
import { Recorder } from '../platform/audit/recorder.ts';
import { serviceCaller } from '../platform/client/transport.ts';
import { createIds } from '../platform/runtime/ids.ts';
import { openStore } from '../platform/store/index.ts';
import { GENESIS_HASH, recordEntry } from '../services/audit/domain/chain.ts';
import { startAudit } from '../services/audit/testing/harness.ts';
import { sample } from '../services/audit/testing/records.ts';
import { kmsOperations } from '../services/kms/api/index.ts';
import { logSignature, noteMessage, writeCheckpoint, writeNote } from '../tlog/note.ts';
import { newSigner, ORIGIN } from '../tlog/testing/served.ts';
import { hashesIn, rootOfHashes, TILE_WIDTH, tilePath, tilesOf, writeEntries } from '../tlog/tile.ts';
import { leafHash } from '../tlog/tree.ts';
import { verifyServedLog } from '../tlog/verify/served-log.ts';
import { RootBuilder } from '../tlog/verify-log.ts';
import type { BenchRow } from './row.ts';

const RECORDS = Number(process.env.BENCH_RECORDS ?? 1_000_000);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 30);
const RATE = 2_000;
const BATCH = 100;

export async function run(): Promise<BenchRow[]> {
  return [...(await costOfRecord()), ...(await checkpointDelay()), ...(await verification())];
}

async function costOfRecord(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-bench-'));
  const clock = { now: Date.now };
  const ids = createIds(clock);
  const store = await openStore<unknown>({ service: 'kms', folder, clock, migrations: [] });
  try {
    const recorder = new Recorder(store, { node: 'kms-1', boot: ids.uuidv7(), region: 'local-1' }, () => undefined);
    const one = () => {
      const now = clock.now();
      const origin = { requestId: ids.uuidv7(), sourceIp: '127.0.0.1', userAgent: 'bench', receivedAt: now } as const;
      return recorder.append({
        ...{ eventId: ids.uuidv7(), operation: kmsOperations.Decrypt, caller: serviceCaller('kms'), now },
        origin: { ...origin, protocol: 'native' },
        input: { CiphertextBlob: Buffer.alloc(200), EncryptionContext: { app: 'bench' } },
        resources: [
          { ARN: `arn:aws:kms:local-1:111122223333:key/${ids.uuidv4()}`, accountId: '111122223333', type: 'Key' },
        ],
      });
    };
    let done = 0;
    const until = performance.now() + SECONDS * 100;
    const before = process.cpuUsage();
    const from = performance.now();
    await Promise.all(
      Array.from({ length: 32 }, async () => {
        for (; performance.now() < until; done++) await one();
      }),
    );
    const { user, system } = process.cpuUsage(before);
    return [
      { name: 'durable record of one Decrypt, 32 at a time', value: perSecond(done, from), unit: '1/s' },
      { name: 'processor time of one record', value: Math.round((user + system) / done), unit: 'us' },
    ];
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkpointDelay(): Promise<BenchRow[]> {
  const audit = await startAudit();
  try {
    audit.deps.checkpointer.start();
    const waiting: { size: number; at: number }[] = [];
    const delays: number[] = [];
    let sent = 0;
    const signed = () => {
      const { size } = audit.deps.checkpointer;
      while (waiting[0] && waiting[0].size <= size) delays.push(performance.now() - (waiting.shift()?.at ?? 0));
    };
    const look = setInterval(signed, 5);
    const from = performance.now();
    for (; sent < RATE * SECONDS; ) {
      const due = from + (sent / RATE) * 1000;
      if (performance.now() < due) await pause(due - performance.now());
      const Records = Array.from({ length: BATCH }, (_, at) => sample({ wseq: sent + at + 1 }));
      await audit.internal.IngestRecords({ Records });
      sent += BATCH;
      waiting.push({ size: sent, at: performance.now() });
    }
    const rate = perSecond(sent, from);
    for (let at = 0; at < 200 && waiting.length > 0; at++) await pause(50);
    clearInterval(look);
    await audit.deps.checkpointer.stop();
    delays.sort((a, b) => a - b);
    return [
      { name: 'records a second that were taken in', value: rate, unit: '1/s', goal: `${RATE}` },
      { name: 'commit to signed checkpoint, median', value: at(delays, 0.5), unit: 'ms' },
      { name: 'commit to signed checkpoint, p99', value: at(delays, 0.99), unit: 'ms', goal: '<= 1000' },
      { name: 'batches without a checkpoint within ten seconds', value: waiting.length, unit: 'batches', goal: '0' },
    ];
  } finally {
    await audit.close();
  }
}

async function verification(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parapet-bench-'));
  const log = newSigner(ORIGIN, 'log');
  try {
    writeLog(folder, log);
    const from = performance.now();
    const report = await verifyServedLog({
      read: async (path) => readFileSync(join(folder, path)),
      keys: [log.key],
    });
    const seconds = (performance.now() - from) / 1000;
    if (!report.ok) throw new Error(`the log of the benchmark is broken: ${report.reason} ${report.where}`);
    return [
      { name: `${RECORDS} records verified from files`, value: Math.round(seconds * 10) / 10, unit: 's' },
      {
        name: 'the same for a million',
        value: Math.round((seconds / RECORDS) * 10_000_000) / 10,
        unit: 's',
        goal: '<= 30',
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeLog(folder: string, log: ReturnType<typeof newSigner>): void {
  const tree = new RootBuilder();
  let hash = GENESIS_HASH;
  let row: Buffer[] = [];
  let bundle: Buffer[] = [];
  for (let number = 1; number <= RECORDS; number++) {
    const { Record } = sample({ wseq: number, accountId: '111122223333' });
    const entry = recordEntry('111122223333', number, hash, Record);
    hash = createHash('sha256').update(entry).digest('hex');
    bundle.push(entry);
    row.push(leafHash(entry));
    tree.add(row.at(-1) as Buffer);
    if (bundle.length < TILE_WIDTH && number < RECORDS) continue;
    const name = { level: 'entries' as const, index: Math.floor((number - 1) / TILE_WIDTH), width: bundle.length };
    writeLogFile(folder, tilePath(name), writeEntries(bundle));
    bundle = [];
  }
  let above: Buffer[] = [];
  let level = 0;
  for (const tile of tilesOf(RECORDS)) {
    if (tile.level > level) [row, above, level] = [above, [], tile.level];
    const hashes = Buffer.concat(row.slice(tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width));
    writeLogFile(folder, tilePath(tile), hashes);
    if (tile.width === TILE_WIDTH) above.push(rootOfHashes(hashesIn(hashes)));
  }
  const text = writeCheckpoint({ origin: ORIGIN, size: RECORDS, root: tree.root() });
  const signature = sign(null, noteMessage(text), log.secret);
  writeLogFile(folder, 'checkpoint', Buffer.from(writeNote({ text, signatures: [logSignature(log.key, signature)] })));
}

function perSecond(count: number, from: number): number {
  return Math.round((count * 1000) / (performance.now() - from));
}

function at(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
}
