/** Accounts the organization knows, members or not. */
import type { AccountState } from '../domain/account-state.ts';
import { type AccountRow, count, type Db, type Range, type Tx } from './db.ts';

export function accountById(db: Db, accountId: string): Promise<AccountRow | undefined> {
  return db.selectFrom('account').selectAll().where('account_id', '=', accountId).executeTakeFirst();
}

/** A member of the organization. */
export function memberById(db: Db, organizationId: string, accountId: string): Promise<AccountRow | undefined> {
  return db
    .selectFrom('account')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

export function membersById(db: Db, organizationId: string, accountIds: readonly string[]): Promise<AccountRow[]> {
  if (accountIds.length === 0) return Promise.resolve([]);
  return db
    .selectFrom('account')
    .selectAll()
    .where('account_id', 'in', accountIds)
    .where('organization_id', '=', organizationId)
    .execute();
}

export function listMembers(db: Db, organizationId: string, range: Range): Promise<AccountRow[]> {
  return db
    .selectFrom('account')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('account_id', '>', range.after ?? '')
    .orderBy('account_id')
    .limit(range.limit)
    .execute();
}

export function accountsUnder(db: Db, parentId: string, range: Range): Promise<AccountRow[]> {
  return db
    .selectFrom('account')
    .selectAll()
    .where('parent_id', '=', parentId)
    .where('account_id', '>', range.after ?? '')
    .orderBy('account_id')
    .limit(range.limit)
    .execute();
}

export function countMembers(db: Db, organizationId: string): Promise<number> {
  return count(
    db
      .selectFrom('account')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .executeTakeFirstOrThrow(),
  );
}

/** Accounts that were closed since `since`, the ones being closed included. */
export function countClosed(db: Db, organizationId: string, since: number): Promise<number> {
  return count(
    db
      .selectFrom('account')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('state', 'in', ['PENDING_CLOSURE', 'CLOSED'])
      .where('closed_at', '>', since)
      .executeTakeFirstOrThrow(),
  );
}

export function countInState(db: Db, organizationId: string, state: AccountState): Promise<number> {
  return count(
    db
      .selectFrom('account')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('state', '=', state)
      .executeTakeFirstOrThrow(),
  );
}

/** Accounts in a state whose clock runs, that were closed before `before`; oldest first. */
export function closedBefore(db: Db, state: AccountState, before: number, limit: number): Promise<AccountRow[]> {
  return db
    .selectFrom('account')
    .selectAll()
    .where('state', '=', state)
    .where('organization_id', 'is not', null)
    .where('closed_at', '<=', before)
    .orderBy('closed_at')
    .limit(limit)
    .execute();
}

export async function emailTaken(db: Db, emailKey: string): Promise<boolean> {
  const row = await db.selectFrom('account').select('account_id').where('email_key', '=', emailKey).executeTakeFirst();
  return row !== undefined;
}

/** A new row, or the row of an account that was here before. */
export async function putAccount(tx: Tx, row: AccountRow): Promise<void> {
  const { account_id, ...set } = row;
  await tx
    .insertInto('account')
    .values(row)
    .onConflict((conflict) => conflict.column('account_id').doUpdateSet(set))
    .execute();
}

export async function updateAccount(tx: Tx, accountId: string, set: Partial<AccountRow>): Promise<void> {
  await tx.updateTable('account').set(set).where('account_id', '=', accountId).execute();
}

/** Takes the account out of the tree; what was attached to it and its tags go. */
export async function dropMembership(tx: Tx, accountId: string): Promise<void> {
  await tx.deleteFrom('attachment').where('account_id', '=', accountId).execute();
  await tx.deleteFrom('tag').where('owner_id', '=', accountId).execute();
  await updateAccount(tx, accountId, { organization_id: null, parent_id: null, email_key: null });
}
