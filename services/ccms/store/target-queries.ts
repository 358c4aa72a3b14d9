/** Every query about targets. */
import type { Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { TargetRow } from '../domain/target-row.ts';
import type { Reader } from './queries.ts';
import type { CcmsTables } from './tables.ts';

const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

export function readTarget(db: Reader, targetId: string): Promise<TargetRow | undefined> {
  return db.selectFrom('target').selectAll().where('target_id', '=', targetId).executeTakeFirst();
}

export async function listTargetIds(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('target')
    .select('target_id')
    .where('target_id', '>', after)
    .orderBy('target_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.target_id);
}

export function readTargetByName(db: Reader, accountId: string, name: string): Promise<TargetRow | undefined> {
  return db
    .selectFrom('target')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

/** By name, after one of them. */
export function listTargets(db: Reader, accountId: string, after: string, limit: number): Promise<TargetRow[]> {
  return db
    .selectFrom('target')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();
}

export function listTargetsInProject(
  db: Reader,
  accountId: string,
  projectId: string,
  after: string,
  limit: number,
): Promise<TargetRow[]> {
  return db
    .selectFrom('target')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('enterprise_project_id', '=', projectId)
    .where('target_id', '>', after)
    .orderBy('target_id')
    .limit(limit)
    .execute();
}

export async function countTargets(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('target')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** False when the name is taken. */
export async function insertTarget(tx: AnyTransaction, row: TargetRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('target')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Replaces a row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceTarget(tx: AnyTransaction, row: TargetRow): Promise<boolean> {
  const { target_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('target')
    .set(columns)
    .where('target_id', '=', target_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** False when it is not as it was read. */
export async function deleteTarget(tx: AnyTransaction, { target_id, version }: TargetRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('target')
    .where('target_id', '=', target_id)
    .where('version', '=', version)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
