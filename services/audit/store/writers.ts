/** Which numbers of which writer arrived; a part of the commit that takes the records. */
import type { Kysely, Transaction } from 'kysely';
import { arrive, HOLE_SETTLED_MS, type Hole } from '../../../tlog/holes.ts';
import type { AuditDatabase } from './schema.ts';

export interface Arrival {
  Node: string;
  Boot: string;
  Wseq: number;
}

export async function noteArrivals(
  tx: Transaction<AuditDatabase>,
  arrivals: readonly Arrival[],
  now: number,
): Promise<void> {
  // In one order everywhere, so that two nodes that take records of the same writers cannot wait for each other.
  const writers = [...byBoot(arrivals)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [boot, { node, numbers }] of writers) await noteWriter(tx, node, boot, numbers, now);
}

/** A boot id names one writer; another node may relay what a process left behind when it ended. */
function byBoot(arrivals: readonly Arrival[]): Map<string, { node: string; numbers: number[] }> {
  const writers = new Map<string, { node: string; numbers: number[] }>();
  for (const { Node, Boot, Wseq } of arrivals) {
    const writer = writers.get(Boot) ?? { node: Node, numbers: [] };
    writer.numbers.push(Wseq);
    writers.set(Boot, writer);
  }
  return writers;
}

async function noteWriter(
  tx: Transaction<AuditDatabase>,
  node: string,
  boot: string,
  numbers: readonly number[],
  now: number,
): Promise<void> {
  const find = () => tx.selectFrom('writer').select('highest').where('boot', '=', boot).forUpdate().executeTakeFirst();
  let known = await find();
  if (!known) {
    await tx
      .insertInto('writer')
      .values({ node, boot, highest: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    known = await find();
  }
  const highest = known?.highest ?? 0;
  const fills = numbers.some((number) => number <= highest);
  const before = fills ? await readHoles(tx, boot) : [];
  const after = arrive({ highest, holes: before }, numbers, now);

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
  if (after.highest > highest) {
    await tx.updateTable('writer').set({ highest: after.highest }).where('boot', '=', boot).execute();
  }
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
