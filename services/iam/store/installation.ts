import type { Db, Tx } from './db.ts';
import type { InstallationTable } from './schema.ts';

export function installation(db: Db): Promise<InstallationTable | undefined> {
  return db.selectFrom('installation').selectAll().where('id', '=', 1).executeTakeFirst();
}

/** The row is the lock of the first run: only one transaction can insert it. */
export async function insertInstallation(tx: Tx, row: Omit<InstallationTable, 'id'>): Promise<void> {
  await tx
    .insertInto('installation')
    .values({ id: 1, ...row })
    .execute();
}

export async function updateInstallation(tx: Tx, set: Partial<InstallationTable>): Promise<void> {
  await tx.updateTable('installation').set(set).where('id', '=', 1).execute();
}

export function lockInstallation(tx: Tx): Promise<InstallationTable | undefined> {
  return tx.selectFrom('installation').selectAll().where('id', '=', 1).forUpdate().executeTakeFirst();
}
