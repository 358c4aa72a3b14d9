/** Decisions of an account in the order of time, page by page. */
import type { Kysely } from 'kysely';
import type { AuditDatabase } from './schema.ts';

/** The last record that was looked at. */
export interface WindowPosition {
  time: number;
  sequence: number;
}

export interface DecisionsInWindow extends WindowPosition {
  event_id: string;
  name: string;
  /** Null: only the record tells. */
  decisions: string | null;
}

export async function readWindow(
  db: Kysely<AuditDatabase>,
  accountId: string,
  window: { from: number; to: number },
  after: WindowPosition | undefined,
  limit: number,
): Promise<DecisionsInWindow[]> {
  let query = db
    .selectFrom('record')
    .select(['time', 'sequence', 'event_id', 'name', 'decisions'])
    .where('account_id', '=', accountId)
    .where('time', '>=', Math.max(window.from, after?.time ?? window.from))
    .where('time', '<=', window.to);
  // The bound above walks the index; this leaves out what that moment has up to the position.
  if (after) query = query.where((eb) => eb.or([eb('time', '>', after.time), eb('sequence', '>', after.sequence)]));
  return query.orderBy('time').orderBy('sequence').limit(limit).execute();
}
