/** Accounts of the organization as items of the detective engine. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { type ArnScope, accountArn } from '../../domain/names.ts';
import { guardrailArn } from '../../domain/shipped.ts';
import type { AccountRow, Db } from '../db.ts';
import { theOrganization } from '../organization.ts';
import { tagsOf } from '../tags.ts';

/** Members after `after`, in the order of their ids. */
export async function accountItems(
  db: Db,
  partition: string,
  which: { after: string; limit: number } | { ids: readonly string[] },
): Promise<ConfigurationItem[]> {
  const organization = await theOrganization(db);
  if (!organization) return [];
  let query = db
    .selectFrom('account')
    .selectAll()
    .where('organization_id', '=', organization.organization_id)
    .orderBy('account_id');
  if ('ids' in which) {
    if (which.ids.length === 0) return [];
    query = query.where('account_id', 'in', which.ids);
  } else query = query.where('account_id', '>', which.after).limit(which.limit);
  const rows = await query.execute();
  const scope: ArnScope = {
    partition,
    managementAccountId: organization.management_account_id,
    organizationId: organization.organization_id,
  };
  const paths = new Map(
    (await db.selectFrom('node').select(['node_id', 'path']).execute()).map((n) => [n.node_id, n.path]),
  );
  const items: ConfigurationItem[] = [];
  for (const row of rows) items.push(await itemOf(db, scope, row, paths.get(row.parent_id ?? '') ?? ''));
  return items;
}

async function itemOf(db: Db, scope: ArnScope, row: AccountRow, path: string): Promise<ConfigurationItem> {
  const places = [...path.split('/').filter((id) => id !== ''), row.account_id];
  const attached = await db
    .selectFrom('attachment')
    .select(['policy_id', 'type'])
    .where('target_id', 'in', places)
    .execute();
  const guardrails = attached.map(({ policy_id, type }) => guardrailArn(scope, type, policy_id));
  const tags = await tagsOf(db, row.account_id);
  return {
    Arn: accountArn(scope, row.account_id),
    Type: 'organizations:account',
    AccountId: row.account_id,
    Name: row.name,
    CreatedAt: row.joined_at,
    Tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])),
    Configuration: JSON.stringify({
      accountId: row.account_id,
      name: row.name,
      email: row.email,
      state: row.state,
      joinedMethod: row.joined_method,
      management: row.account_id === scope.managementAccountId,
      path: places.slice(0, -1).join('/'),
      guardrails: [...new Set(guardrails)].sort(),
      // There is one record for the whole installation, and no way to turn it off.
      auditEnabled: true,
    }),
    Deleted: false,
  };
}
