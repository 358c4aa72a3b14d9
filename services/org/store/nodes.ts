/** The root and the units. */
import { sql } from 'kysely';
import { count, type Db, type NodeRow, type Range, type Tx } from './db.ts';

export function nodeById(db: Db, organizationId: string, nodeId: string): Promise<NodeRow | undefined> {
  return db
    .selectFrom('node')
    .selectAll()
    .where('node_id', '=', nodeId)
    .where('organization_id', '=', organizationId)
    .executeTakeFirst();
}

export function nodesById(db: Db, nodeIds: readonly string[]): Promise<NodeRow[]> {
  if (nodeIds.length === 0) return Promise.resolve([]);
  return db.selectFrom('node').selectAll().where('node_id', 'in', nodeIds).execute();
}

export function unitsUnder(db: Db, parentId: string, range: Range): Promise<NodeRow[]> {
  return db
    .selectFrom('node')
    .selectAll()
    .where('parent_id', '=', parentId)
    .where('node_id', '>', range.after ?? '')
    .orderBy('node_id')
    .limit(range.limit)
    .execute();
}

/** Units of the whole organization, by id. */
export function listUnits(db: Db, organizationId: string, range: Range): Promise<NodeRow[]> {
  return db
    .selectFrom('node')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('kind', '=', 'unit')
    .where('node_id', '>', range.after ?? '')
    .orderBy('node_id')
    .limit(range.limit)
    .execute();
}

/** The unit and everything below it. */
export function subtreeOf(db: Db, node: NodeRow): Promise<NodeRow[]> {
  return db
    .selectFrom('node')
    .selectAll()
    .where((eb) => eb.or([eb('node_id', '=', node.node_id), below(eb, node.path)]))
    .execute();
}

// biome-ignore lint/suspicious/noExplicitAny: the expression builder of any query on the table
function below(eb: any, path: string) {
  // `/` and `0` are neighbours: everything that begins with the path and a slash.
  return eb.and([eb('path', '>', `${path}/`), eb('path', '<', `${path}0`)]);
}

export function countUnits(db: Db, organizationId: string): Promise<number> {
  return count(
    db
      .selectFrom('node')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('organization_id', '=', organizationId)
      .where('kind', '=', 'unit')
      .executeTakeFirstOrThrow(),
  );
}

export async function insertNode(tx: Tx, row: NodeRow): Promise<void> {
  await tx.insertInto('node').values(row).execute();
}

export async function renameNode(tx: Tx, nodeId: string, name: string, nameKey: string): Promise<void> {
  await tx.updateTable('node').set({ name, name_key: nameKey }).where('node_id', '=', nodeId).execute();
}

/** Hangs the unit under another node; depths and paths of everything below follow in the same statement. */
export async function moveNode(tx: Tx, node: NodeRow, destination: NodeRow): Promise<void> {
  const down = destination.depth + 1 - node.depth;
  await tx
    .updateTable('node')
    .set({ parent_id: destination.node_id, parent_depth: destination.depth, depth: destination.depth + 1 })
    .where('node_id', '=', node.node_id)
    .execute();
  if (down !== 0) {
    await tx
      .updateTable('node')
      .set((eb) => ({ depth: eb('depth', '+', down), parent_depth: eb('parent_depth', '+', down) }))
      .where((eb) => below(eb, node.path))
      .execute();
  }
  const path = `${destination.path}/${node.node_id}`;
  const rest = sql<string>`substr(path, ${sql.lit(node.path.length + 1)})`;
  await tx
    .updateTable('node')
    .set({ path: sql<string>`cast(${path} as text) || ${rest}` })
    .where((eb) => eb.or([eb('node_id', '=', node.node_id), below(eb, node.path)]))
    .execute();
}

export async function deleteNode(tx: Tx, nodeId: string): Promise<void> {
  await tx.deleteFrom('attachment').where('node_id', '=', nodeId).execute();
  await tx.deleteFrom('tag').where('owner_id', '=', nodeId).execute();
  await tx.deleteFrom('node').where('node_id', '=', nodeId).execute();
}

/** Whether units or accounts stand directly under the node. */
export async function hasChildren(db: Db, nodeId: string): Promise<boolean> {
  const unit = await db.selectFrom('node').select('node_id').where('parent_id', '=', nodeId).executeTakeFirst();
  if (unit) return true;
  const account = await db
    .selectFrom('account')
    .select('account_id')
    .where('parent_id', '=', nodeId)
    .executeTakeFirst();
  return account !== undefined;
}
