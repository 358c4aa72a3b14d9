/** Rules and packs in force, types, exceptions, and the version that all of them share. */
import type { ConfigExceptionTable, ConfigPackTable, ConfigRuleTable, ConfigTypeTable, Db, Tx } from './tables.ts';

/** Every node compiles rules anew when this number has grown. */
export async function rulesVersion(db: Db): Promise<number> {
  const row = await db.selectFrom('config_state').select('value').where('name', '=', 'rules').executeTakeFirstOrThrow();
  return row.value;
}

/** Something that verdicts rest on changed: all items are judged again. Locks, so that versions have one order. */
export async function bumpRules(tx: Tx): Promise<void> {
  await tx
    .updateTable('config_state')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', 'rules')
    .execute();
}

/** Moves a counter and answers where it stands. */
export async function addToCount(tx: Tx, name: string, by: number): Promise<number> {
  const row = await tx
    .insertInto('config_state')
    .values({ name, value: by })
    .onConflict((conflict) =>
      conflict.column('name').doUpdateSet((eb) => ({ value: eb('config_state.value', '+', by) })),
    )
    .returning('value')
    .executeTakeFirstOrThrow();
  return row.value;
}

export function allRules(db: Db): Promise<ConfigRuleTable[]> {
  return db.selectFrom('config_rule').selectAll().orderBy('rule_id').execute();
}

export function ruleById(db: Db, id: string): Promise<ConfigRuleTable | undefined> {
  return db.selectFrom('config_rule').selectAll().where('rule_id', '=', id).executeTakeFirst();
}

export async function countRules(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('config_rule')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function writeRule(tx: Tx, row: ConfigRuleTable): Promise<void> {
  const { rule_id, account_id, created_at, ...columns } = row;
  await tx
    .insertInto('config_rule')
    .values(row)
    .onConflict((conflict) => conflict.column('rule_id').doUpdateSet(columns))
    .execute();
}

export async function deleteRule(tx: Tx, id: string): Promise<boolean> {
  const result = await tx.deleteFrom('config_rule').where('rule_id', '=', id).executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export function allPacks(db: Db): Promise<ConfigPackTable[]> {
  return db.selectFrom('config_pack').selectAll().orderBy('pack_name').orderBy('target_id').execute();
}

export function packFor(db: Db, name: string, target: string): Promise<ConfigPackTable | undefined> {
  return db
    .selectFrom('config_pack')
    .selectAll()
    .where('pack_name', '=', name)
    .where('target_id', '=', target)
    .executeTakeFirst();
}

export async function writePack(tx: Tx, row: ConfigPackTable): Promise<void> {
  await tx
    .insertInto('config_pack')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['pack_name', 'target_id']).doUpdateSet({
        account_id: row.account_id,
        parameters: row.parameters,
      }),
    )
    .execute();
}

export async function deletePack(tx: Tx, name: string, target: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('config_pack')
    .where('pack_name', '=', name)
    .where('target_id', '=', target)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export function allTypes(db: Db): Promise<ConfigTypeTable[]> {
  return db.selectFrom('config_type').selectAll().orderBy('account_id').orderBy('type').execute();
}

export function typeOf(db: Db, accountId: string, type: string): Promise<ConfigTypeTable | undefined> {
  return db
    .selectFrom('config_type')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('type', '=', type)
    .executeTakeFirst();
}

export async function writeType(tx: Tx, row: ConfigTypeTable): Promise<void> {
  const { title, schema, freshness_hours, updated_at } = row;
  await tx
    .insertInto('config_type')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['account_id', 'type']).doUpdateSet({ title, schema, freshness_hours, updated_at }),
    )
    .execute();
}

export async function deleteType(tx: Tx, accountId: string, type: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('config_type')
    .where('account_id', '=', accountId)
    .where('type', '=', type)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}

export function exceptionsInForce(db: Db, now: number): Promise<ConfigExceptionTable[]> {
  return db.selectFrom('config_exception').selectAll().where('expires_at', '>', now).orderBy('expires_at').execute();
}

export function exceptionById(db: Db, id: string): Promise<ConfigExceptionTable | undefined> {
  return db.selectFrom('config_exception').selectAll().where('exception_id', '=', id).executeTakeFirst();
}

/** By id after `after`; those that have ended only when asked for. */
export function listExceptions(
  db: Db,
  filter: { account?: string | undefined; endedToo: boolean; now: number },
  after: string,
  limit: number,
): Promise<ConfigExceptionTable[]> {
  let query = db.selectFrom('config_exception').selectAll().where('exception_id', '>', after);
  if (filter.account !== undefined) query = query.where('account_id', '=', filter.account);
  if (!filter.endedToo) query = query.where('expires_at', '>', filter.now);
  return query.orderBy('exception_id').limit(limit).execute();
}

export async function countExceptions(db: Db, accountId: string, now: number): Promise<number> {
  const row = await db
    .selectFrom('config_exception')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('account_id', '=', accountId)
    .where('expires_at', '>', now)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function insertException(tx: Tx, row: ConfigExceptionTable): Promise<void> {
  await tx.insertInto('config_exception').values(row).execute();
}

export async function endException(tx: Tx, id: string, at: number): Promise<void> {
  await tx
    .updateTable('config_exception')
    .set({ expires_at: at })
    .where('exception_id', '=', id)
    .where('expires_at', '>', at)
    .execute();
}
