/** Every query about certificates that were issued in the place of others. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { type ReissueRow, reissueRowBytes } from '../../domain/scm/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

export function guardedReissue(row: ReissueRow): GuardedRow {
  const name = `reissue ${row.serial} of ${row.authority_id}`;
  return { name, data: reissueRowBytes(row), mac: row.row_mac };
}

export async function insertReissue(tx: AnyTransaction, row: ReissueRow): Promise<void> {
  await own(tx).insertInto('reissue').values(row).execute();
}

/** What the certificate replaces. */
export function readReissue(db: Reader, authorityId: string, serial: string): Promise<ReissueRow | undefined> {
  return db
    .selectFrom('reissue')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('serial', '=', serial)
    .executeTakeFirst();
}

/** What replaces the certificate, the newest. */
export function readReplacing(db: Reader, authorityId: string, serial: string): Promise<ReissueRow | undefined> {
  return db
    .selectFrom('reissue')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .where('replaces_serial', '=', serial)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}
