import { type Tag, tagKey } from '../domain/tags.ts';
import type { Db, Range, Tx } from './db.ts';

export async function tagsOf(db: Db, ownerId: string, range?: Range): Promise<Tag[]> {
  let query = db.selectFrom('tag').select(['key', 'value']).where('owner_id', '=', ownerId).orderBy('key_key');
  if (range) query = query.where('key_key', '>', range.after ?? '').limit(range.limit);
  const rows = await query.execute();
  return rows.map((row) => ({ Key: row.key, Value: row.value }));
}

export async function putTags(tx: Tx, ownerId: string, tags: readonly Tag[]): Promise<void> {
  for (const { Key, Value } of tags) {
    await tx
      .insertInto('tag')
      .values({ owner_id: ownerId, key_key: tagKey(Key), key: Key, value: Value })
      .onConflict((conflict) => conflict.columns(['owner_id', 'key_key']).doUpdateSet({ value: Value }))
      .execute();
  }
}

export async function deleteTags(tx: Tx, ownerId: string, keys: readonly string[]): Promise<void> {
  for (const key of keys)
    await tx.deleteFrom('tag').where('owner_id', '=', ownerId).where('key_key', '=', tagKey(key)).execute();
}
