/** Which numbers of which writer arrived; a part of the commit that takes the records. */
import type { Kysely, Transaction } from 'kysely';
import { arrive, HOLE_SETTLED_MS, type Hole } from '../../../tlog/holes.ts';
import { readRecord, WRITER_REPORT, type WriterReport } from '../../../tlog/verify/entry.ts';
import { SILENCE_MS } from '../../../tlog/verify/writers.ts';
import type { AuditDatabase } from './schema.ts';

export interface Arrival {
  Node: string;
  Boot: string;
  Wseq: number;
  CreatedAt: number;
  Record: string;
}

export async function noteArrivals(
  tx: Transaction<AuditDatabase>,
  arrivals: readonly Arrival[],
  now: number,
): Promise<void> {
  // In one order everywhere, so that two nodes that take records of the same writers cannot wait for each other.
  const writers = [...byBoot(arrivals)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [boot, arrived] of writers) await noteWriter(tx, boot, arrived, now);
}

/** A boot id names one writer; another node may relay what a process left behind when it ended. */
function byBoot(arrivals: readonly Arrival[]): Map<string, Arrived> {
  const writers = new Map<string, Arrived>();
  const of = (boot: string, node: string) => {
    const writer = writers.get(boot) ?? { node, numbers: [], upTo: 0, seenAt: 0, reports: false, ended: false };
    writers.set(boot, writer);
    return writer;
  };
  for (const { Node, Boot, Wseq, CreatedAt, Record } of arrivals) {
    const writer = of(Boot, Node);
    writer.numbers.push(Wseq);
    writer.seenAt = Math.max(writer.seenAt, CreatedAt);
    writer.ended = false;
    const report = reportIn(Record);
    if (!report) continue;
    writer.reports = true;
    writer.ended = report.state === 'Stopped';
    // A number that never came to be is as good as one that arrived.
    for (const { first, last } of report.voids)
      for (let number = first; number <= last && number < first + MAX_VOIDS; number++) writer.numbers.push(number);
    for (const { boot, last } of report.before) {
      const before = of(boot, Node);
      before.upTo = Math.max(before.upTo, last);
      before.ended = true;
    }
  }
  return writers;
}

interface Arrived {
  node: string;
  numbers: number[];
  /** Its numbers up to this one are known to be there, by who came after it. */
  upTo: number;
  /** 0: nothing of itself arrived. */
  seenAt: number;
  reports: boolean;
  ended: boolean;
}

const MAX_VOIDS = 10_000;

/** Few records are reports, so others are not parsed. */
function reportIn(record: string): WriterReport | undefined {
  return record.includes(`"eventName":"${WRITER_REPORT}"`) ? readRecord(record)?.report : undefined;
}

async function noteWriter(
  tx: Transaction<AuditDatabase>,
  boot: string,
  { node, numbers, upTo, seenAt, reports, ended }: Arrived,
  now: number,
): Promise<void> {
  const find = () =>
    tx
      .selectFrom('writer')
      .select(['highest', 'seen_at', 'reports', 'ended'])
      .where('boot', '=', boot)
      .forUpdate()
      .executeTakeFirst();
  let known = await find();
  if (!known) {
    await tx
      .insertInto('writer')
      .values({ node, boot, highest: 0, seen_at: null, reports: null, ended: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    known = await find();
  }
  const highest = known?.highest ?? 0;
  const fills = numbers.some((number) => number <= highest);
  const before = fills ? await readHoles(tx, boot) : [];
  const arrived = arrive({ highest, holes: before }, numbers, now);
  const after =
    upTo > arrived.highest
      ? { highest: upTo, holes: [...arrived.holes, { first: arrived.highest + 1, last: upTo, noticedAt: now }] }
      : arrived;

  const left = new Set(after.holes);
  for (const hole of before) {
    if (left.has(hole)) continue;
    await tx.deleteFrom('writer_hole').where('boot', '=', boot).where('first', '=', hole.first).execute();
  }
  for (const hole of after.holes) {
    if (before.includes(hole)) continue;
    await tx
      .insertInto('writer_hole')
      .values({ boot, first: hole.first, last: hole.last, noticed_at: hole.noticedAt })
      .execute();
  }
  const state = {
    highest: after.highest,
    seen_at: Math.max(known?.seen_at ?? 0, seenAt),
    reports: reports ? 1 : (known?.reports ?? 0),
    ended: ended ? 1 : 0,
  };
  const isSame = Object.entries(state).every(([name, value]) => known?.[name as keyof typeof state] === value);
  if (!isSame) await tx.updateTable('writer').set(state).where('boot', '=', boot).execute();
}

async function readHoles(tx: Transaction<AuditDatabase>, boot: string): Promise<Hole[]> {
  const rows = await tx
    .selectFrom('writer_hole')
    .select(['first', 'last', 'noticed_at'])
    .where('boot', '=', boot)
    .execute();
  return rows.map((row) => ({ first: row.first, last: row.last, noticedAt: row.noticed_at }));
}

/** Numbers that did not arrive within the time in which records overtake each other. */
export async function countMissing(db: Kysely<AuditDatabase>, now: number): Promise<number> {
  const row = await db
    .selectFrom('writer_hole')
    .select((eb) => eb.fn.sum<number>(eb('last', '-', eb.ref('first'))).as('spans'))
    .select((eb) => eb.fn.countAll<number>().as('holes'))
    .where('noticed_at', '<=', now - HOLE_SETTLED_MS)
    .executeTakeFirstOrThrow();
  return Number(row.spans ?? 0) + Number(row.holes);
}

/** Writers that report on themselves, did not stop, were not followed by others, and say nothing any more. */
export async function countSilent(db: Kysely<AuditDatabase>, now: number): Promise<number> {
  const row = await db
    .selectFrom('writer')
    .select((eb) => eb.fn.countAll<number>().as('silent'))
    .where('reports', '=', 1)
    .where('ended', '=', 0)
    .where('seen_at', '<', now - SILENCE_MS)
    .executeTakeFirstOrThrow();
  return Number(row.silent);
}
