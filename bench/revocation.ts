/**
 * Lists of a million revoked certificates: one list with all of them, and 512 lists that share them. The real list maker
 * over SQLite on disk and a SoftHSM token behind its agent; only the revocations are written straight into their table,
 * with the MACs that the service gives them. What was made stays in the folder of `PARAPET_BENCH_FOLDER` and is not made
 * again: a run that was broken off goes on where it was.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectHsm } from '../hsm/agent/client.ts';
import { softHsm } from '../hsm/softhsm/softhsm.ts';
import { LISTED, type RevocationRow, revocationRowBytes } from '../services/pca/domain/revocation/rows.ts';
import { type ListSettings, shardOf } from '../services/pca/domain/revocation/settings.ts';
import { ListMaker } from '../services/pca/jobs/revocation/list-maker.ts';
import { hurryList } from '../services/pca/store/revocation/list-queries.ts';
import { PcaHarness } from '../services/pca/testing/harness.ts';
import { makeRoot } from '../services/pca/testing/hierarchy.ts';
import type { BenchRow } from './row.ts';

const REVOKED = Number(process.env.PARAPET_BENCH_REVOKED ?? 1_000_000);
const SHARDS = 512;
const BATCH = 4_000;
const DAY_MS = 86_400_000;
const TURNS = 7;
const FOLDER = process.env.PARAPET_BENCH_FOLDER ?? join(tmpdir(), `parapet-bench-revocation-${REVOKED}`);

interface State {
  complete: string;
  partitioned: string;
  /** Milliseconds; what was measured while it was made. */
  firstComplete?: number;
  firstPartitioned?: number;
  /** Of the clock of the service. */
  now: number;
}

/** Milliseconds by the clock, and of processors: the machine may have other things to do. */
interface Turn {
  ms: number;
  cpu: number;
}

const say = (text: string) => process.stderr.write(`${text}\n`);
const seconds = (ms: number) => Math.round(ms) / 1000;

class Bench {
  private readonly pca: PcaHarness;
  readonly state: State;

  constructor(pca: PcaHarness, state: State) {
    this.pca = pca;
    this.state = state;
  }

  save(): void {
    this.state.now = this.pca.kms.now;
    writeFileSync(join(FOLDER, 'state.json'), JSON.stringify(this.state));
  }

  /** Revocations up to the number wanted, in the table and nowhere else. */
  async fill(arn: string, lists: ListSettings): Promise<void> {
    const authorityId = arn.split('/')[1] as string;
    let there = await this.count(authorityId);
    while (there < REVOKED) {
      const rows = await this.rows(arn, lists, Math.min(BATCH, REVOKED - there));
      await this.pca.tamper(async (db) => {
        for (let at = 0; at < rows.length; at += 500)
          await db
            .insertInto('revocation')
            .values(rows.slice(at, at + 500))
            .execute();
      });
      there += rows.length;
      if (there % 100_000 < BATCH) say(`  ${there} of ${REVOKED} revocations`);
    }
  }

  private async count(authorityId: string): Promise<number> {
    const { count } = await this.pca.store.read
      .selectFrom('revocation')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('authority_id', '=', authorityId)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  private async rows(arn: string, lists: ListSettings, amount: number): Promise<RevocationRow[]> {
    const { now } = this.pca.kms;
    const [accountId, authorityId] = [arn.split(':')[4] as string, arn.split('/')[1] as string];
    const plain = Array.from({ length: amount }, () => {
      const serial = Buffer.concat([Buffer.of(0x2a), randomBytes(17)]);
      return {
        ...{ authority_id: authorityId, serial: serial.toString('hex'), account_id: accountId },
        ...{ state: 'revoked' as const, reason: 4, revoked_at: Math.floor(now / 1000) * 1000, changed_at: now },
        ...{ not_after: now + 300 * DAY_MS, is_authority: 0 as const, certificate_hash: serial.toString('hex') },
      };
    });
    const macs = await this.pca.deps.guard.seal(plain.map(revocationRowBytes));
    return plain.map((row, at) => {
      const shard = shardOf(Buffer.from(row.serial, 'hex'), false, lists) as number;
      return { ...row, shard, listed: LISTED.pending, row_mac: macs[at] as Buffer };
    });
  }

  /** Everything that is due. */
  async make(): Promise<{ ms: number; lists: number }> {
    const began = performance.now();
    const lists = await new ListMaker(this.pca.deps).makeDue(Number.MAX_SAFE_INTEGER);
    return { ms: performance.now() - began, lists };
  }

  async dueNow(arn: string): Promise<void> {
    this.pca.kms.advance(1000);
    await this.pca.tamper((db) =>
      db
        .updateTable('revocation_list')
        .set({ due_at: this.pca.kms.now })
        .where('authority_id', '=', arn.split('/')[1] as string)
        .execute(),
    );
  }

  /** One more revocation, and the list with it. */
  async oneMore(arn: string, lists: ListSettings): Promise<Turn> {
    const [row] = await this.rows(arn, lists, 1);
    this.pca.kms.advance(1000);
    await this.pca.store.transaction(async (tx) => {
      await tx.insertInto('revocation').values(row!).execute();
      await hurryList(tx, { authority_id: row!.authority_id, shard: row!.shard! }, this.pca.kms.now);
    });
    const before = process.cpuUsage();
    const { ms, lists: made } = await this.make();
    const { user, system } = process.cpuUsage(before);
    if (made !== 1) throw new Error(`${made} lists were made for one revocation`);
    return { ms, cpu: (user + system) / 1000 };
  }

  async largest(arn: string) {
    return this.pca.store.read
      .selectFrom('revocation_list')
      .select(['list', 'entries'])
      .where('authority_id', '=', arn.split('/')[1] as string)
      .orderBy('entries', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
  }
}

export async function run(): Promise<BenchRow[]> {
  mkdirSync(join(FOLDER, 'hsm'), { recursive: true, mode: 0o700 });
  const hsm = connectHsm(softHsm({ dataFolder: join(FOLDER, 'hsm'), log: 'ignore' }));
  await hsm.ready();
  const pca = await PcaHarness.open({ folder: FOLDER, hsm, shards: SHARDS });
  try {
    return await measured(await begun(pca));
  } finally {
    await pca.close();
    await hsm.close();
  }
}

async function begun(pca: PcaHarness): Promise<Bench> {
  const path = join(FOLDER, 'state.json');
  if (existsSync(path)) {
    const state = JSON.parse(readFileSync(path, 'utf8')) as State;
    pca.kms.advance(state.now - pca.kms.now);
    say(`going on in ${FOLDER}`);
    return new Bench(pca, state);
  }
  const admin = pca.user('admin');
  const made = async (name: string, CrlType: 'COMPLETE' | 'PARTITIONED') => {
    const CertificateAuthorityArn = await makeRoot(admin, name);
    const RevocationConfiguration = { CrlConfiguration: { Enabled: true, CrlType } };
    await admin.UpdateCertificateAuthority({ CertificateAuthorityArn, RevocationConfiguration });
    return CertificateAuthorityArn;
  };
  const state = {
    complete: await made('complete', 'COMPLETE'),
    partitioned: await made('shards', 'PARTITIONED'),
    now: 0,
  };
  const bench = new Bench(pca, state);
  bench.save();
  return bench;
}

async function measured(bench: Bench): Promise<BenchRow[]> {
  const { state } = bench;
  const whole: ListSettings = { type: 'COMPLETE', shards: 1, bases: [] };
  const sharded: ListSettings = { type: 'PARTITIONED', shards: SHARDS, bases: [] };
  await bench.make();
  if (state.firstPartitioned === undefined) {
    say(`${SHARDS} lists`);
    await bench.fill(state.partitioned, sharded);
    await bench.dueNow(state.partitioned);
    state.firstPartitioned = (await bench.make()).ms;
    bench.save();
  }
  if (state.firstComplete === undefined) {
    say('one list');
    await bench.fill(state.complete, whole);
    await bench.dueNow(state.complete);
    state.firstComplete = (await bench.make()).ms;
    bench.save();
  }
  say('measuring');
  const one = await turns(() => bench.oneMore(state.complete, whole));
  const shard = await turns(() => bench.oneMore(state.partitioned, sharded));
  await bench.dueNow(state.partitioned);
  const all = await bench.make();
  if (all.lists !== SHARDS + 1) throw new Error(`${all.lists} lists were made, not ${SHARDS + 1}`);
  bench.save();
  const { list, entries } = await bench.largest(state.complete);
  const judged = opensslEntries(list as Buffer);
  if (judged !== entries || judged < REVOKED)
    throw new Error(`openssl sees ${judged} entries, the row says ${entries}`);
  const largest = await bench.largest(state.partitioned);
  const memory = process.resourceUsage().maxRSS / 1024;
  const row = (name: string, value: number, unit: string, goal?: string): BenchRow => ({
    name,
    value: Math.round(value * 1000) / 1000,
    unit,
    ...(goal && { goal }),
  });
  return [
    row(
      `one revocation more in a list of ${REVOKED}: read, merged, linted, signed, stored`,
      seconds(one.ms),
      's',
      '< 1',
    ),
    row(
      `the same by processor time (load ${loadavg()[0]?.toFixed(0)} on ${cpus().length} cores)`,
      seconds(one.cpu),
      's',
      '< 1',
    ),
    row(`one revocation more in one of ${SHARDS} lists`, seconds(shard.ms), 's'),
    row(`all ${SHARDS + 1} lists again, as the schedule does`, seconds(all.ms), 's', '< 60'),
    row(`all ${SHARDS + 1} lists from ${REVOKED} records, each verified`, seconds(state.firstPartitioned), 's', '< 60'),
    row(`the list of ${REVOKED} from its records, 50,000 at a time`, seconds(state.firstComplete), 's'),
    row('bytes of the complete list', (list as Buffer).length, 'bytes'),
    row('bytes of the largest shard', (largest.list as Buffer).length, 'bytes', '< 1,000,000'),
    row('most memory of the process', memory, 'MiB', '< 1024'),
  ];
}

/** The middle one of several. */
async function turns(work: () => Promise<Turn>): Promise<Turn> {
  const taken: Turn[] = [];
  for (let turn = 0; turn < TURNS; turn++) taken.push(await work());
  const middle = (of: keyof Turn) => taken.map((turn) => turn[of]).sort((a, b) => a - b)[TURNS >> 1] as number;
  return { ms: middle('ms'), cpu: middle('cpu') };
}

function opensslEntries(list: Buffer): number {
  const path = join(FOLDER, 'judged.crl');
  writeFileSync(path, list);
  try {
    const command = 'openssl crl -inform DER -in "$1" -noout -text | grep -c "Serial Number:"';
    return Number(execFileSync('bash', ['-c', command, 'judge', path], { encoding: 'utf8' }));
  } finally {
    rmSync(path, { force: true });
  }
}
