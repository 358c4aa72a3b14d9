import { createHash } from 'node:crypto';
import type { Db, Range, Tx } from './db.ts';
import type { InlinePolicyTable, OwnerKind } from './schema.ts';

/** By exact bytes. */
export function inlinePolicy(db: Db, ownerId: string, name: string): Promise<InlinePolicyTable | undefined> {
  return db
    .selectFrom('inline_policy')
    .selectAll()
    .where('owner_id', '=', ownerId)
    .where('name', '=', name)
    .executeTakeFirst();
}

export async function inlinePolicyNames(db: Db, ownerId: string, range: Range): Promise<string[]> {
  const rows = await db
    .selectFrom('inline_policy')
    .select('name')
    .where('owner_id', '=', ownerId)
    .where('name_key', '>', range.after ?? '')
    .orderBy('name_key')
    .limit(range.limit)
    .execute();
  return rows.map((row) => row.name);
}

/** Names and sizes of the other inline policies of an owner; the owner's row is locked by the caller. */
export async function inlineSizes(db: Db, ownerId: string): Promise<{ name: string; nameKey: string; size: number }[]> {
  const rows = await db
    .selectFrom('inline_policy')
    .select((eb) => ['name', 'name_key as nameKey', eb.fn<number>('length', ['document']).as('size')])
    .where('owner_id', '=', ownerId)
    .execute();
  return rows.map((row) => ({ ...row, size: Number(row.size) }));
}

export async function writeInlinePolicy(
  tx: Tx,
  ownerKind: OwnerKind,
  ownerId: string,
  name: { name: string; nameKey: string },
  document: string,
): Promise<void> {
  const digest = createHash('sha256').update(document, 'utf8').digest('hex').slice(0, 16);
  await tx
    .insertInto('inline_policy')
    .values({ owner_kind: ownerKind, owner_id: ownerId, name: name.name, name_key: name.nameKey, document, digest })
    .onConflict((conflict) => conflict.columns(['owner_id', 'name_key']).doUpdateSet({ document, digest }))
    .execute();
}

/** False when there was none of this name. */
export async function deleteInlinePolicy(tx: Tx, ownerId: string, name: string): Promise<boolean> {
  const result = await tx
    .deleteFrom('inline_policy')
    .where('owner_id', '=', ownerId)
    .where('name', '=', name)
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
