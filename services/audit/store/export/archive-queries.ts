/** Files that an archive has and no digest lists yet, and its last digest. */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { AuditDatabase, ExportDigestTable, ExportFileTable } from '../schema.ts';

type Reader = Kysely<AuditDatabase>;
const own = (tx: AnyTransaction) => tx as unknown as Transaction<AuditDatabase>;

/** A file that was written again is the same file. */
export async function insertFile(tx: AnyTransaction, row: ExportFileTable): Promise<void> {
  await own(tx)
    .insertInto('export_file')
    .values(row)
    .onConflict((conflict) => conflict.columns(['export_id', 'path']).doNothing())
    .execute();
}

export function filesBefore(db: Reader, exportId: string, before: number): Promise<ExportFileTable[]> {
  return db
    .selectFrom('export_file')
    .selectAll()
    .where('export_id', '=', exportId)
    .where('written_at', '<', before)
    .orderBy('written_at')
    .orderBy('path')
    .execute();
}

export function lastDigest(db: Reader, exportId: string): Promise<ExportDigestTable | undefined> {
  return db
    .selectFrom('export_digest')
    .selectAll()
    .where('export_id', '=', exportId)
    .orderBy('ends_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Keeps the digest as the last one, and forgets the files that it lists and the digest before. */
export async function insertDigest(tx: AnyTransaction, row: ExportDigestTable): Promise<void> {
  const of = { export_id: row.export_id };
  await own(tx).deleteFrom('export_digest').where('export_id', '=', of.export_id).execute();
  await own(tx).insertInto('export_digest').values(row).execute();
  await own(tx)
    .deleteFrom('export_file')
    .where('export_id', '=', of.export_id)
    .where('written_at', '<', row.ends_at)
    .execute();
}
