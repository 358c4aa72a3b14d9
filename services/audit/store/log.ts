/**
 * The Merkle log in the database: a leaf for every record, in the order in which records were numbered, and full tiles.
 * What is at the right edge is made from the leaves when it is read, so that no row is ever changed.
 */
import type { Kysely, Transaction } from 'kysely';
import { hashesFrom, rootOfHashes, TILE_WIDTH, type TileName } from '../../../tlog/tile.ts';
import type { HashSource } from '../../../tlog/tree.ts';
import { GENESIS_HASH, recordEntry } from '../domain/chain.ts';
import { type EngineName, RowsStatement } from './batch.ts';
import type { AuditDatabase, LogEntryTable } from './schema.ts';

type Tx = Transaction<AuditDatabase>;
type Db = Kysely<AuditDatabase>;

const insertEntries = new RowsStatement<LogEntryTable>(['position', 'account_id', 'sequence', 'leaf'], (tx, rows) =>
  tx.insertInto('log_entry').values(rows),
);

/** How many records are in the log. */
export async function logSize(db: Db): Promise<number> {
  const row = await db
    .selectFrom('log_entry')
    .select((eb) => eb.fn.max('position').as('last'))
    .executeTakeFirst();
  return row?.last === null || row === undefined ? 0 : Number(row.last) + 1;
}

/** The places in the log of the records `from` to `to` of a stream, by their numbers. */
export async function logPositions(
  db: Db,
  accountId: string,
  range: { from: number; to: number },
): Promise<Map<number, number>> {
  const rows = await db
    .selectFrom('log_entry')
    .select(['sequence', 'position'])
    .where('account_id', '=', accountId)
    .where('sequence', '>=', range.from)
    .where('sequence', '<=', range.to)
    .execute();
  return new Map(rows.map(({ sequence, position }) => [sequence, position]));
}

/** Which records have the places `from` to before `to`. */
export function logEntries(db: Db, from: number, to: number): Promise<LogEntryTable[]> {
  return db
    .selectFrom('log_entry')
    .selectAll()
    .where('position', '>=', from)
    .where('position', '<', to)
    .orderBy('position')
    .execute();
}

export interface UnloggedStream {
  account_id: string;
  /** The last record that is in the log. */
  logged: number;
  /** The last record. */
  sequence: number;
}

/** Streams with records that are not in the log. Walks all of it. */
export async function unloggedStreams(db: Db): Promise<UnloggedStream[]> {
  const rows = await db
    .selectFrom('stream_head')
    .select(['account_id', 'sequence'])
    .select((eb) =>
      eb
        .selectFrom('log_entry')
        .select((one) => one.fn.max('log_entry.sequence').as('last'))
        .whereRef('log_entry.account_id', '=', 'stream_head.account_id')
        .as('logged'),
    )
    .orderBy('account_id')
    .execute();
  return rows
    .map(({ account_id, sequence, logged }) => ({ account_id, sequence, logged: Number(logged ?? 0) }))
    .filter(({ logged, sequence }) => logged < sequence);
}

/** Appends leaves behind the others, and the tiles that they fill. */
export async function appendLeaves(
  tx: Tx,
  engine: EngineName,
  leaves: readonly Omit<LogEntryTable, 'position'>[],
): Promise<void> {
  const from = await logSize(tx);
  await insertEntries.run(
    tx,
    engine,
    leaves.map((leaf, at) => ({ ...leaf, position: from + at })),
  );
  const to = from + leaves.length;
  for (let level = 0, span = TILE_WIDTH; Math.floor(to / span) > Math.floor(from / span); level++, span *= TILE_WIDTH)
    for (let tile = Math.floor(from / span); tile < Math.floor(to / span); tile++) {
      const hashes = await hashesOf(tx, { level, index: tile, width: TILE_WIDTH });
      const row = { level, tile, root: rootOfHashes(hashes), hashes: Buffer.concat(hashes) };
      await tx.insertInto('log_tile').values(row).execute();
    }
}

/** What a tile consists of, from the row below. */
async function hashesOf(db: Db, { level, index, width }: TileName & { level: number }): Promise<Buffer[]> {
  const from = index * TILE_WIDTH;
  if (level === 0) return (await logEntries(db, from, from + width)).map(({ leaf }) => leaf);
  const rows = await db
    .selectFrom('log_tile')
    .select('root')
    .where('level', '=', level - 1)
    .where('tile', '>=', from)
    .where('tile', '<', from + width)
    .orderBy('tile')
    .execute();
  return rows.map(({ root }) => root);
}

/** The bytes of a tile that a log of the present size has; shorter than asked for when rows are missing. */
export async function readTile(db: Db, tile: TileName & { level: number }): Promise<Buffer> {
  if (tile.width < TILE_WIDTH) return Buffer.concat(await hashesOf(db, tile));
  const row = await db
    .selectFrom('log_tile')
    .select('hashes')
    .where('level', '=', tile.level)
    .where('tile', '=', tile.index)
    .executeTakeFirst();
  return row?.hashes ?? Buffer.alloc(0);
}

/** The entries of a bundle; a record that is missing from its table is left out, so that what is there can be read. */
export async function readBundle(db: Db, { index, width }: Pick<TileName, 'index' | 'width'>): Promise<Buffer[]> {
  const from = index * TILE_WIDTH;
  const rows = await db
    .selectFrom('log_entry as l')
    .innerJoin('record as r', (on) =>
      on.onRef('r.account_id', '=', 'l.account_id').onRef('r.sequence', '=', 'l.sequence'),
    )
    .leftJoin('record as before', (on) =>
      on
        .onRef('before.account_id', '=', 'l.account_id')
        .on((eb) => eb('before.sequence', '=', eb('l.sequence', '-', eb.lit(1)))),
    )
    .select(['l.account_id', 'l.sequence', 'r.record', 'before.hash'])
    .where('l.position', '>=', from)
    .where('l.position', '<', from + width)
    .orderBy('l.position')
    .execute();
  return rows.map((row) => recordEntry(row.account_id, row.sequence, row.hash ?? GENESIS_HASH, row.record));
}

/** Hashes of the log when it had that size. */
export function hashesAt(db: Db, size: number): HashSource {
  return hashesFrom(size, (tile) => readTile(db, tile));
}
