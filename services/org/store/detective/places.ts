/** The organization as the detective engine needs it: who belongs to it, where, and who acts for it. */
import { Places, type Unit } from '../../domain/detective/places.ts';
import type { Db } from '../db.ts';
import { theOrganization } from '../organization.ts';

/** The services whose delegated administrators see the verdicts on all members, and their records. */
const VERDICTS = 'config.amazonaws.com';
const RECORDS: readonly string[] = ['cloudtrail.amazonaws.com', 'audit.amazonaws.com'];

export async function readPlaces(db: Db): Promise<Places> {
  const organization = await theOrganization(db);
  if (!organization) return new Places();
  const nodes = await db.selectFrom('node').select(['node_id', 'parent_id', 'name', 'path']).execute();
  const paths = new Map(nodes.map((node) => [node.node_id, node.path.split('/')]));
  const accounts = await db
    .selectFrom('account')
    .select(['account_id', 'name', 'parent_id'])
    .where('organization_id', '=', organization.organization_id)
    .execute();
  const tags = new Map<string, Record<string, string>>();
  const tagRows = await db
    .selectFrom('tag')
    .innerJoin('account', 'account.account_id', 'tag.owner_id')
    .select(['tag.owner_id', 'tag.key', 'tag.value'])
    .execute();
  for (const { owner_id, key, value } of tagRows) tags.set(owner_id, { ...tags.get(owner_id), [key]: value });
  const delegates = await db
    .selectFrom('delegated_administrator')
    .select(['account_id', 'service_principal'])
    .where('service_principal', 'in', [VERDICTS, ...RECORDS])
    .execute();
  const delegatedTo = (services: readonly string[]) =>
    delegates.filter((row) => services.includes(row.service_principal)).map((row) => row.account_id);
  return new Places({
    managementAccountId: organization.management_account_id,
    delegates: delegatedTo([VERDICTS]),
    archives: delegatedTo(RECORDS),
    units: nodes.map((node): Unit => ({ id: node.node_id, name: node.name, parentId: node.parent_id ?? undefined })),
    accounts: accounts.map((row) => ({
      accountId: row.account_id,
      name: row.name,
      units: paths.get(row.parent_id ?? '') ?? [],
      tags: tags.get(row.account_id) ?? {},
    })),
  });
}
