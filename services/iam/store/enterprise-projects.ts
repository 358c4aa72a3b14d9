/** Enterprise projects of accounts. The default project is in no row: see domain/enterprise-project.ts. */
import type { Db, ProjectRow, Range, Tx } from './db.ts';

/** Another account's project is not found. */
export function projectById(db: Db, accountId: string, projectId: string): Promise<ProjectRow | undefined> {
  return db
    .selectFrom('enterprise_project')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('account_id', '=', accountId)
    .executeTakeFirst();
}

/** Locks the row until the transaction ends, so that nothing is put into a project while it is disabled. */
export function lockProject(tx: Tx, accountId: string, projectId: string): Promise<ProjectRow | undefined> {
  return tx
    .selectFrom('enterprise_project')
    .selectAll()
    .where('project_id', '=', projectId)
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst();
}

export function listProjects(
  db: Db,
  accountId: string,
  filter: { enabled?: boolean | undefined },
  range: Range,
): Promise<ProjectRow[]> {
  let query = db
    .selectFrom('enterprise_project')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name_key', '>', range.after ?? '');
  if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled ? 1 : 0);
  return query.orderBy('name_key').limit(range.limit).execute();
}

/** Disabled ones count. */
export async function countProjects(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('enterprise_project')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('account_id', '=', accountId)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

export async function insertProject(tx: Tx, row: ProjectRow): Promise<void> {
  await tx.insertInto('enterprise_project').values(row).execute();
}

export async function updateProject(tx: Tx, projectId: string, set: Partial<ProjectRow>): Promise<void> {
  await tx.updateTable('enterprise_project').set(set).where('project_id', '=', projectId).execute();
}
