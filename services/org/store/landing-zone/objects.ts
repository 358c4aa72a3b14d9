/** What the landing zone remembers of every object it made or took over. */
import type { RecordChange, Value } from '../../domain/landing-zone/live.ts';
import type { Db, Tx } from '../db.ts';

/** `id`: of an object that was made with the change. */
export async function writeRecord(
  tx: Tx,
  organizationId: string,
  change: RecordChange,
  id: string | undefined,
): Promise<void> {
  const { kind, key, patch, gone } = change;
  if (gone) {
    await tx
      .deleteFrom('landing_zone_object')
      .where('organization_id', '=', organizationId)
      .where('kind', '=', kind)
      .where('key', '=', key)
      .execute();
    return;
  }
  const row = await tx
    .selectFrom('landing_zone_object')
    .select(['object_id', 'state'])
    .where('organization_id', '=', organizationId)
    .where('kind', '=', kind)
    .where('key', '=', key)
    .executeTakeFirst();
  const before = row ? (JSON.parse(row.state) as Record<string, Value>) : {};
  const state = Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null);
  const set = { object_id: row?.object_id ?? id ?? null, state: JSON.stringify(Object.fromEntries(state)) };
  await tx
    .insertInto('landing_zone_object')
    .values({ organization_id: organizationId, kind, key, ...set })
    .onConflict((conflict) => conflict.columns(['organization_id', 'kind', 'key']).doUpdateSet(set))
    .execute();
}

/** The id behind a key that an earlier step of the same apply made. */
export async function idOfKey(db: Db, organizationId: string, key: string): Promise<string | undefined> {
  const row = await db
    .selectFrom('landing_zone_object')
    .select('object_id')
    .where('organization_id', '=', organizationId)
    .where('key', '=', key)
    .where('kind', 'in', ['unit', 'account', 'policy'])
    .where('object_id', 'is not', null)
    .executeTakeFirst();
  return row?.object_id ?? undefined;
}

/** With the organization. Plans and applies stay until they are old: they say what was done. */
export async function forgetLandingZone(tx: Tx, organizationId: string): Promise<void> {
  await tx.deleteFrom('landing_zone').where('organization_id', '=', organizationId).execute();
  await tx.deleteFrom('landing_zone_object').where('organization_id', '=', organizationId).execute();
}
