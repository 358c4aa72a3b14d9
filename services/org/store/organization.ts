import type { Db, OrganizationRow, Tx } from './db.ts';
import { forgetLandingZone } from './landing-zone/objects.ts';

/** The organization of the installation, when there is one. */
export function theOrganization(db: Db): Promise<OrganizationRow | undefined> {
  return db.selectFrom('organization').selectAll().executeTakeFirst();
}

/**
 * Serialises whatever depends on the shape of the tree, on what is attached or on a count: one writer at a time.
 * Undefined: it was deleted meanwhile.
 */
export function lockOrganization(tx: Tx, organizationId: string): Promise<OrganizationRow | undefined> {
  return tx
    .selectFrom('organization')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .forUpdate()
    .executeTakeFirst();
}

export async function insertOrganization(tx: Tx, row: Omit<OrganizationRow, 'slot'>): Promise<void> {
  await tx
    .insertInto('organization')
    .values({ ...row, slot: 1 })
    .execute();
}

/** Everything that belongs to the organization. Its members must have left; accounts that left stay known. */
export async function deleteOrganization(tx: Tx, { organization_id, management_account_id }: OrganizationRow) {
  await tx.deleteFrom('delegated_administrator').where('organization_id', '=', organization_id).execute();
  await tx.deleteFrom('attachment').execute();
  await tx.deleteFrom('tag').execute();
  await tx
    .updateTable('account')
    .set({ organization_id: null, parent_id: null, email_key: null })
    .where('account_id', '=', management_account_id)
    .execute();
  await forgetLandingZone(tx, organization_id);
  for (const table of [
    'service_access',
    'resource_policy',
    'handshake',
    'creation',
    'policy',
    'policy_type',
    'node',
    'organization',
  ] as const)
    await tx.deleteFrom(table).where('organization_id', '=', organization_id).execute();
}
