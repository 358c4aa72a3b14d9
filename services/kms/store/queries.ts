/**
 * Every query of this service. Rows go in and out as they are; whether they are genuine is `RowGuard`'s business.
 * Writes take a transaction and answer whether they found the version they were made for.
 */
import type { Kysely, Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { GuardedRow } from '../../../platform/store/row-guard.ts';
import { type AliasRow, type KeyRow, keyRowBytes, type MaterialRow, type TenantRow } from '../domain/rows.ts';
import type { KmsTables } from './tables.ts';

type Reader = Kysely<KmsTables>;
const own = (tx: AnyTransaction) => tx as Transaction<KmsTables>;

export interface KeyRows {
  key: KeyRow;
  materials: MaterialRow[];
  tenant: TenantRow | undefined;
}

/** A key, or its tombstone, with all that belongs to it; undefined for an unknown id. */
export async function readKey(db: Reader, keyId: string): Promise<KeyRows | undefined> {
  const key = await db.selectFrom('kms_key').selectAll().where('key_id', '=', keyId).executeTakeFirst();
  if (!key) return undefined;
  const materials = await db.selectFrom('key_material').selectAll().where('key_id', '=', keyId).execute();
  const tenant = await readTenant(db, key.account_id);
  return { key, materials, tenant };
}

export function readTenant(db: Reader, accountId: string): Promise<TenantRow | undefined> {
  return db.selectFrom('tenant_key').selectAll().where('account_id', '=', accountId).executeTakeFirst();
}

export function readAlias(db: Reader, accountId: string, name: string): Promise<AliasRow | undefined> {
  return db
    .selectFrom('key_alias')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export type ListedKey = Omit<KeyRow, 'policy' | 'policy_principals'>;

/** Keys of an account after `after`, by id; of one project when it is given. */
export function listKeys(
  db: Reader,
  accountId: string,
  after: string,
  limit: number,
  projectId?: string,
): Promise<ListedKey[]> {
  let query = db
    .selectFrom('kms_key')
    .select([
      'key_id',
      'account_id',
      'partition',
      'region',
      'state',
      'spec',
      'usage',
      'origin',
      'description',
      'created_at',
      'deletion_date',
      'pending_window_days',
      'material_id',
      'aliases',
      'tags',
      'policy_hash',
      'enterprise_project_id',
      'managed_by',
      'rotation_period_days',
      'next_rotation_at',
      'version',
      'row_mac',
    ])
    .where('account_id', '=', accountId)
    .where('key_id', '>', after)
    .where('state', '!=', 'Deleted');
  if (projectId !== undefined) query = query.where('enterprise_project_id', '=', projectId);
  return query.orderBy('key_id').limit(limit).execute();
}

/** A listed key with its MAC, to be verified. */
export function guardedKey(row: ListedKey): GuardedRow {
  return { name: `key ${row.key_id}`, data: keyRowBytes(row), mac: row.row_mac };
}

/** Ids of the keys of all accounts after `after`. */
export async function listKeyIds(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('kms_key')
    .select('key_id')
    .where('key_id', '>', after)
    .where('state', '!=', 'Deleted')
    .orderBy('key_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.key_id);
}

/** Aliases of an account after `after`, by name; of one key when it is given. */
export function listAliases(
  db: Reader,
  accountId: string,
  keyId: string | undefined,
  after: string,
  limit: number,
): Promise<AliasRow[]> {
  let query = db.selectFrom('key_alias').selectAll().where('account_id', '=', accountId).where('name', '>', after);
  if (keyId !== undefined) query = query.where('key_id', '=', keyId);
  return query.orderBy('name').limit(limit).execute();
}

/** Where a walk through due keys stands. */
export interface DueKey {
  key_id: string;
  at: number;
}

/** The state in which a key waits for the moment that a column holds. */
const WAITING = { deletion_date: 'PendingDeletion', next_rotation_at: 'Enabled' } as const;

/** Keys whose moment has come, oldest first, after `after`. */
export async function listDue(
  db: Reader,
  moment: keyof typeof WAITING,
  now: number,
  after: DueKey | undefined,
  limit: number,
): Promise<DueKey[]> {
  let query = db
    .selectFrom('kms_key')
    .select(['key_id', moment])
    .where(moment, 'is not', null)
    .where(moment, '<=', now)
    .where('state', '=', WAITING[moment]);
  if (after) {
    query = query.where((eb) =>
      eb.or([eb(moment, '>', after.at), eb.and([eb(moment, '=', after.at), eb('key_id', '>', after.key_id)])]),
    );
  }
  const rows = await query.orderBy(moment).orderBy('key_id').limit(limit).execute();
  return rows.map((row) => ({ key_id: row.key_id, at: (row as Record<typeof moment, number | null>)[moment] ?? 0 }));
}

/** Keys that count against the limit of an account: its own. */
export async function countKeys(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('kms_key')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .where('state', '!=', 'Deleted')
    .where('managed_by', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function insertKey(tx: AnyTransaction, key: KeyRow, material: MaterialRow): Promise<void> {
  await own(tx).insertInto('kms_key').values(key).execute();
  await insertMaterial(tx, material);
}

export async function insertMaterial(tx: AnyTransaction, material: MaterialRow): Promise<void> {
  await own(tx).insertInto('key_material').values(material).execute();
}

/** Replaces a key row that still has the version before `row.version`; false when somebody was faster. */
export async function replaceKey(tx: AnyTransaction, row: KeyRow): Promise<boolean> {
  const { key_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('kms_key')
    .set(columns)
    .where('key_id', '=', key_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The first tenant key of an account stays: a second one is dropped, whoever made it. */
export async function insertTenant(tx: AnyTransaction, row: TenantRow): Promise<void> {
  await own(tx)
    .insertInto('tenant_key')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doNothing())
    .execute();
}

/** The same tenant key in another form, where it still is what its MAC `from` says. */
export async function replaceTenant(tx: AnyTransaction, row: TenantRow, from: Buffer): Promise<void> {
  await own(tx)
    .updateTable('tenant_key')
    .set({ wrapped: row.wrapped, mac: row.mac, root_version: row.root_version, row_mac: row.row_mac })
    .where('account_id', '=', row.account_id)
    .where('row_mac', '=', from)
    .execute();
}

/** The same for key material. */
export async function replaceMaterial(tx: AnyTransaction, row: MaterialRow, from: Buffer): Promise<void> {
  await own(tx)
    .updateTable('key_material')
    .set({ mac: row.mac, root_version: row.root_version, row_mac: row.row_mac })
    .where('key_id', '=', row.key_id)
    .where('material_id', '=', row.material_id)
    .where('row_mac', '=', from)
    .execute();
}

/** False when the name is taken. */
export async function insertAlias(tx: AnyTransaction, row: AliasRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('key_alias')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Points an alias that still leads to `from` elsewhere; false when somebody was faster. */
export async function replaceAlias(tx: AnyTransaction, row: AliasRow, from: string): Promise<boolean> {
  const result = await own(tx)
    .updateTable('key_alias')
    .set({ key_id: row.key_id, updated_at: row.updated_at, row_mac: row.row_mac })
    .where('account_id', '=', row.account_id)
    .where('name', '=', row.name)
    .where('key_id', '=', from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Removes an alias that still leads to the key; false when somebody was faster. */
export async function deleteAlias(tx: AnyTransaction, row: AliasRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('key_alias')
    .where('account_id', '=', row.account_id)
    .where('name', '=', row.name)
    .where('key_id', '=', row.key_id)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Everything of a key but its tombstone. */
export async function deleteParts(tx: AnyTransaction, key: Pick<KeyRow, 'key_id' | 'account_id'>): Promise<void> {
  await own(tx).deleteFrom('key_material').where('key_id', '=', key.key_id).execute();
  await own(tx).deleteFrom('kms_grant').where('key_id', '=', key.key_id).execute();
  await own(tx)
    .deleteFrom('key_alias')
    .where('account_id', '=', key.account_id)
    .where('key_id', '=', key.key_id)
    .execute();
}
