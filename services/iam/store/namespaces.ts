import type { Db, Range, Tx } from './db.ts';
import type { NamespaceTable } from './schema.ts';

export function namespaceByName(db: Db, accountId: string, name: string): Promise<NamespaceTable | undefined> {
  return db
    .selectFrom('namespace')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export function listNamespaces(db: Db, accountId: string, range: Range): Promise<NamespaceTable[]> {
  return db
    .selectFrom('namespace')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '>', range.after ?? '')
    .orderBy('name')
    .limit(range.limit)
    .execute();
}

export function lockNamespace(tx: Tx, name: string, accountId: string): Promise<NamespaceTable | undefined> {
  return tx
    .selectFrom('namespace')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .forUpdate()
    .executeTakeFirst();
}

export async function updateNamespace(
  tx: Tx,
  name: string,
  set: Partial<NamespaceTable>,
  accountId: string,
): Promise<void> {
  await tx.updateTable('namespace').set(set).where('account_id', '=', accountId).where('name', '=', name).execute();
}

export async function insertNamespace(tx: Tx, row: NamespaceTable): Promise<void> {
  await tx.insertInto('namespace').values(row).execute();
}

export async function deleteNamespace(tx: Tx, accountId: string, name: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('namespace')
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
