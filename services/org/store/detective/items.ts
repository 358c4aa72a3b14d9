/** Items, their versions and what they rest on. */
import { batches, type ConfigItemTable, type ConfigVersionTable, type Db, type ItemStatus, type Tx } from './tables.ts';

export function itemByArn(db: Db, arn: string): Promise<ConfigItemTable | undefined> {
  return db.selectFrom('config_item').selectAll().where('arn', '=', arn).executeTakeFirst();
}

export async function itemsByArn(db: Db, arns: readonly string[]): Promise<Map<string, ConfigItemTable>> {
  const found = new Map<string, ConfigItemTable>();
  for (const list of batches(arns)) {
    for (const row of await db.selectFrom('config_item').selectAll().where('arn', 'in', list).execute())
      found.set(row.arn, row);
  }
  return found;
}

/** Items that exist, in the order of their ARNs: the walk of the periodic judgement. */
export function itemsAfter(db: Db, after: string, limit: number): Promise<ConfigItemTable[]> {
  return db
    .selectFrom('config_item')
    .selectAll()
    .where('arn', '>', after)
    .where('status', '=', 'OK')
    .orderBy('arn')
    .limit(limit)
    .execute();
}

/** Items of a recorder that it did not confirm since `before`: missed changes, or gone. */
export async function unconfirmed(db: Db, recorder: string, before: number, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('config_item')
    .select('arn')
    .where('recorder', '=', recorder)
    .where('status', '=', 'OK')
    .where('confirmed_at', '<', before)
    .orderBy('confirmed_at')
    .limit(limit)
    .execute();
  return rows.map((row) => row.arn);
}

/** Writes rows that are new or have a new version, and the versions. */
export async function writeItems(tx: Tx, rows: readonly ConfigItemTable[]): Promise<void> {
  for (const list of batches(rows, 50)) {
    await tx
      .insertInto('config_item')
      .values(list as ConfigItemTable[])
      .onConflict((conflict) =>
        conflict.column('arn').doUpdateSet((eb) => ({
          name: eb.ref('excluded.name'),
          status: eb.ref('excluded.status'),
          version: eb.ref('excluded.version'),
          created_at: eb.ref('excluded.created_at'),
          captured_at: eb.ref('excluded.captured_at'),
          confirmed_at: eb.ref('excluded.confirmed_at'),
          event_id: eb.ref('excluded.event_id'),
          event_name: eb.ref('excluded.event_name'),
          actor: eb.ref('excluded.actor'),
          hash: eb.ref('excluded.hash'),
          tags: eb.ref('excluded.tags'),
          configuration: eb.ref('excluded.configuration'),
        })),
      )
      .execute();
    await tx.insertInto('config_version').values(list.map(versionRow)).execute();
  }
}

function versionRow(row: ConfigItemTable): ConfigVersionTable {
  const { arn, version, captured_at, name, status, event_id, event_name, actor, tags, configuration } = row;
  return { arn, version, captured_at, name, status, event_id, event_name, actor, tags, configuration };
}

/** The facts are as they were. */
export async function confirmItems(tx: Tx, arns: readonly string[], at: number): Promise<void> {
  for (const list of batches(arns)) {
    await tx
      .updateTable('config_item')
      .set({ confirmed_at: at })
      .where('arn', 'in', list)
      .where('confirmed_at', '<', at)
      .execute();
  }
}

/** Members that may change without a new version did. */
export async function refreshConfiguration(tx: Tx, arn: string, configuration: string): Promise<void> {
  await tx.updateTable('config_item').set({ configuration }).where('arn', '=', arn).execute();
}

export async function writeRelations(tx: Tx, from: string, to: readonly string[]): Promise<void> {
  await tx.deleteFrom('config_relation').where('from_arn', '=', from).execute();
  if (to.length === 0) return;
  await tx
    .insertInto('config_relation')
    .values([...new Set(to)].map((to_arn) => ({ to_arn, from_arn: from })))
    .execute();
}

/** Items that rest on one of these. */
export async function dependents(db: Db, arns: readonly string[], limit: number): Promise<string[]> {
  const found = new Set<string>();
  for (const list of batches(arns)) {
    const rows = await db
      .selectFrom('config_relation')
      .select('from_arn')
      .where('to_arn', 'in', list)
      .limit(limit)
      .execute();
    for (const row of rows) found.add(row.from_arn);
  }
  return [...found].slice(0, limit);
}

export async function anyOfType(db: Db, accountId: string, type: string): Promise<boolean> {
  const row = await db
    .selectFrom('config_item')
    .select('arn')
    .where('type', '=', type)
    .where('account_id', '=', accountId)
    .where('status', '=', 'OK')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export interface Place {
  account: string;
  arn: string;
}

/** Items in the order of account and ARN after `after`; of one account or one type when given. */
export function listItems(
  db: Db,
  filter: { account?: string | undefined; type?: string | undefined; status: ItemStatus },
  after: Place | undefined,
  limit: number,
): Promise<ConfigItemTable[]> {
  let query = db.selectFrom('config_item').selectAll().where('status', '=', filter.status);
  if (filter.type !== undefined) query = query.where('type', '=', filter.type);
  if (filter.account !== undefined) query = query.where('account_id', '=', filter.account);
  if (after) {
    query = query
      .where('account_id', '>=', after.account)
      .where((eb) => eb.or([eb('account_id', '>', after.account), eb('arn', '>', after.arn)]));
  }
  return query.orderBy('account_id').orderBy('arn').limit(limit).execute();
}

/** Versions of an item below `below`, newest first. */
export function versionsBelow(
  db: Db,
  arn: string,
  range: { below: number; from?: number | undefined; to?: number | undefined },
  limit: number,
): Promise<ConfigVersionTable[]> {
  let query = db.selectFrom('config_version').selectAll().where('arn', '=', arn).where('version', '<', range.below);
  if (range.from !== undefined) query = query.where('captured_at', '>=', range.from);
  if (range.to !== undefined) query = query.where('captured_at', '<=', range.to);
  return query.orderBy('version', 'desc').limit(limit).execute();
}

export function versionOf(db: Db, arn: string, version: number): Promise<ConfigVersionTable | undefined> {
  return db
    .selectFrom('config_version')
    .selectAll()
    .where('arn', '=', arn)
    .where('version', '=', version)
    .executeTakeFirst();
}
