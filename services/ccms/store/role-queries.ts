/** Queries of credential roles; see `queries.ts`. */
import type { Transaction } from 'kysely';
import type { AnyTransaction } from '../../../platform/store/index.ts';
import type { GuardedRow } from '../../../platform/store/row-guard.ts';
import { type CredentialRoleRow, credentialRoleBytes } from '../domain/leases/rows.ts';
import type { Reader } from './queries.ts';
import type { CcmsTables } from './tables.ts';

const own = (tx: AnyTransaction) => tx as Transaction<CcmsTables>;

export function guardedRole(row: CredentialRoleRow): GuardedRow {
  return { name: `credential role ${row.role_id}`, data: credentialRoleBytes(row), mac: row.row_mac };
}

export function readRoleByName(db: Reader, accountId: string, name: string): Promise<CredentialRoleRow | undefined> {
  return db
    .selectFrom('credential_role')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function readRoles(db: Reader, roleIds: readonly string[]): Promise<CredentialRoleRow[]> {
  return db.selectFrom('credential_role').selectAll().where('role_id', 'in', roleIds).execute();
}

/** Roles of an account by name, after one of them. */
export function listRoles(db: Reader, accountId: string, after: string, limit: number): Promise<CredentialRoleRow[]> {
  return db
    .selectFrom('credential_role')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '>', after)
    .orderBy('name')
    .limit(limit)
    .execute();
}

/** Ids of the roles of all accounts after `after`. */
export async function listRoleIds(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('credential_role')
    .select('role_id')
    .where('role_id', '>', after)
    .orderBy('role_id')
    .limit(limit)
    .execute();
  return rows.map((row) => row.role_id);
}

/** Roles of an account in one project after `after`, by id. */
export function listRolesInProject(
  db: Reader,
  where: { accountId: string; projectId: string; after: string; limit: number },
): Promise<CredentialRoleRow[]> {
  return db
    .selectFrom('credential_role')
    .selectAll()
    .where('account_id', '=', where.accountId)
    .where('enterprise_project_id', '=', where.projectId)
    .where('role_id', '>', where.after)
    .orderBy('role_id')
    .limit(where.limit)
    .execute();
}

/** Credential roles of a target: it cannot be deleted while it has some. */
export async function countRolesAt(tx: AnyTransaction, targetId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('credential_role')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('target_id', '=', targetId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Keeps a target from being deleted until the end of the transaction. False: it is gone. */
export async function lockTarget(tx: AnyTransaction, targetId: string): Promise<boolean> {
  const result = await own(tx)
    .updateTable('target')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('target_id', '=', targetId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function countRoles(tx: AnyTransaction, accountId: string): Promise<number> {
  const { count } = await own(tx)
    .selectFrom('credential_role')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** False when the name is taken. */
export async function insertRole(tx: AnyTransaction, row: CredentialRoleRow): Promise<boolean> {
  const result = await own(tx)
    .insertInto('credential_role')
    .values(row)
    .onConflict((conflict) => conflict.columns(['account_id', 'name']).doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

export async function replaceRole(tx: AnyTransaction, row: CredentialRoleRow): Promise<boolean> {
  const { role_id, ...columns } = row;
  const result = await own(tx)
    .updateTable('credential_role')
    .set(columns)
    .where('role_id', '=', role_id)
    .where('version', '=', row.version - 1)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function deleteRole(tx: AnyTransaction, row: CredentialRoleRow): Promise<boolean> {
  const result = await own(tx)
    .deleteFrom('credential_role')
    .where('role_id', '=', row.role_id)
    .where('version', '=', row.version)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/**
 * Lets one transaction at a time count and add leases of a role, and none while it is being deleted. False: the role
 * is gone.
 */
export async function lockRole(tx: AnyTransaction, roleId: string): Promise<boolean> {
  const result = await own(tx)
    .updateTable('credential_role')
    .set((eb) => ({ version: eb.ref('version') }))
    .where('role_id', '=', roleId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}
