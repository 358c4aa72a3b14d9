/** Plans with their steps. They are kept for as long as they can be applied, and with their applies after that. */
import type { Selectable } from 'kysely';
import type { Db, Tx } from '../db.ts';
import type { LandingZonePlanTable, LandingZoneTable } from './schema.ts';

export type PlanRow = Selectable<LandingZonePlanTable>;

export function planById(db: Db, organizationId: string, planId: string): Promise<PlanRow | undefined> {
  return db
    .selectFrom('landing_zone_plan')
    .selectAll()
    .where('plan_id', '=', planId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

const BATCH = 100;

export async function insertPlan(tx: Tx, plan: PlanRow, steps: readonly string[]): Promise<void> {
  await tx.insertInto('landing_zone_plan').values(plan).execute();
  for (let from = 0; from < steps.length; from += BATCH) {
    const rows = steps
      .slice(from, from + BATCH)
      .map((body, i) => ({ plan_id: plan.plan_id, position: from + i, body }));
    await tx.insertInto('landing_zone_step').values(rows).execute();
  }
}

/** From a position on. */
export function planSteps(
  db: Db,
  planId: string,
  from: number,
  limit: number,
): Promise<{ position: number; body: string }[]> {
  return db
    .selectFrom('landing_zone_step')
    .select(['position', 'body'])
    .where('plan_id', '=', planId)
    .where('position', '>=', from)
    .orderBy('position')
    .limit(limit)
    .execute();
}

export async function planStep(db: Db, planId: string, position: number): Promise<string | undefined> {
  const [row] = await planSteps(db, planId, position, 1);
  return row?.position === position ? row.body : undefined;
}

/** Plans that expired and were never applied. */
export async function forgetPlans(tx: Tx, before: number): Promise<void> {
  const rows = await tx
    .selectFrom('landing_zone_plan')
    .leftJoin('landing_zone_apply', 'landing_zone_apply.plan_id', 'landing_zone_plan.plan_id')
    .select('landing_zone_plan.plan_id')
    .where('landing_zone_plan.expires_at', '<', before)
    .where('landing_zone_apply.apply_id', 'is', null)
    .limit(BATCH)
    .execute();
  const ids = rows.map(({ plan_id }) => plan_id);
  if (ids.length === 0) return;
  await tx.deleteFrom('landing_zone_step').where('plan_id', 'in', ids).execute();
  await tx.deleteFrom('landing_zone_plan').where('plan_id', 'in', ids).execute();
}

export type LandingZoneRow = Selectable<LandingZoneTable>;

export function appliedLandingZone(db: Db, organizationId: string): Promise<LandingZoneRow | undefined> {
  return db.selectFrom('landing_zone').selectAll().where('organization_id', '=', organizationId).executeTakeFirst();
}

export async function putLandingZone(tx: Tx, row: LandingZoneRow): Promise<void> {
  const { organization_id: _, ...set } = row;
  await tx
    .insertInto('landing_zone')
    .values(row)
    .onConflict((conflict) => conflict.column('organization_id').doUpdateSet(set))
    .execute();
}
