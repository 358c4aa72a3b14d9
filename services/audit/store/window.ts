/** Whole records of an account in the order of time, page by page. */
import type { Kysely } from 'kysely';
import type { AuditDatabase } from './schema.ts';
import type { EventPosition } from './search.ts';

export interface RecordInWindow extends EventPosition {
  record: string;
}

export async function readWindow(
  db: Kysely<AuditDatabase>,
  accountId: string,
  window: { from: number; to: number },
  after: EventPosition | undefined,
  limit: number,
): Promise<RecordInWindow[]> {
  let query = db
    .selectFrom('record')
    .select(['time', 'sequence', 'record'])
    .where('account_id', '=', accountId)
    .where('time', '>=', Math.max(window.from, after?.time ?? window.from))
    .where('time', '<=', window.to);
  // The bound above walks the index; this leaves out what that moment has up to the position.
  if (after) query = query.where((eb) => eb.or([eb('time', '>', after.time), eb('sequence', '>', after.sequence)]));
  return query.orderBy('time').orderBy('sequence').limit(limit).execute();
}
