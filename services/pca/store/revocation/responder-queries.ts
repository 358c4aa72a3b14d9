/** Every query about responders: certificates and keys that answer for an authority. */
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import type { GuardedRow } from '../../../../platform/store/row-guard.ts';
import { type ResponderRow, responderRowBytes } from '../../domain/revocation/rows.ts';
import { own, type Reader } from '../authority-queries.ts';

export function guardedResponder(row: ResponderRow): GuardedRow {
  const name = `responder ${row.serial} of ${row.authority_id}`;
  return { name, data: responderRowBytes(row), mac: row.row_mac };
}

export async function insertResponder(tx: AnyTransaction, row: ResponderRow): Promise<void> {
  await own(tx).insertInto('ocsp_responder').values(row).execute();
}

export function newestResponder(db: Reader, authorityId: string): Promise<ResponderRow | undefined> {
  return db
    .selectFrom('ocsp_responder')
    .selectAll()
    .where('authority_id', '=', authorityId)
    .orderBy('created_at', 'desc')
    .orderBy('serial')
    .limit(1)
    .executeTakeFirst();
}

/** Authorities whose newest responder is older than that. */
export async function listOldResponders(db: Reader, before: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('ocsp_responder')
    .select('authority_id')
    .groupBy('authority_id')
    .having((eb) => eb(eb.fn.max('created_at'), '<', before))
    .limit(limit)
    .execute();
  return rows.map(({ authority_id }) => authority_id);
}

/** Their keys go with them. */
export async function deleteExpiredResponders(tx: AnyTransaction, before: number): Promise<void> {
  await own(tx).deleteFrom('ocsp_responder').where('not_after', '<', before).execute();
}

/** The key of a responder in another form, where the row still is what its MAC `from` says. */
export async function replaceResponderKey(tx: AnyTransaction, row: ResponderRow, from: Buffer): Promise<void> {
  await own(tx)
    .updateTable('ocsp_responder')
    .set({ key_mac: row.key_mac, root_version: row.root_version, row_mac: row.row_mac })
    .where('authority_id', '=', row.authority_id)
    .where('serial', '=', row.serial)
    .where('row_mac', '=', from)
    .execute();
}
