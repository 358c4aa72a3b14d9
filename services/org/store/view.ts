/** The whole organization at one revision, for whoever enforces it. Read in one snapshot. */
import type { OutputOf } from '../../../platform/contract/operation.ts';
import type { GetOrganizationView } from '../api/internal.ts';
import { policyArn, shippedPolicyArn } from '../domain/names.ts';
import { SHIPPED } from '../domain/shipped.ts';
import type { Db, OrganizationRow } from './db.ts';
import { theOrganization } from './organization.ts';
import { enabledTypes } from './policies.ts';

export type OrganizationView = OutputOf<typeof GetOrganizationView>;
/** Of the objects to read; all of them without. */
type Ids = readonly string[];

export async function readView(view: Db, partition: string): Promise<OrganizationView> {
  const { v } = await view.selectFrom('global_version').select('v').where('id', '=', 1).executeTakeFirstOrThrow();
  const organization = await theOrganization(view);
  const Accounts = await readAccounts(view);
  if (!organization) return { Revision: v, EnabledPolicyTypes: [], Units: [], Accounts, Policies: [], Attachments: [] };
  return {
    Revision: v,
    Organization: {
      Id: organization.organization_id,
      RootId: organization.root_id,
      ManagementAccountId: organization.management_account_id,
    },
    EnabledPolicyTypes: await enabledTypes(view, organization.organization_id),
    Units: await readUnits(view),
    Accounts,
    Policies: [...shippedPolicies(partition), ...(await readPolicies(view, organization, partition))],
    Attachments: await readAttachments(view),
  };
}

/** Members, and accounts that stand alone but are not active. */
export async function readAccounts(view: Db, ids?: Ids): Promise<OrganizationView['Accounts']> {
  const rows = await view
    .selectFrom('account')
    .select(['account_id', 'parent_id', 'state', 'keep_cross_account_use'])
    .where((eb) => eb.or([eb('organization_id', 'is not', null), eb('state', '<>', 'ACTIVE')]))
    .$if(ids !== undefined, (query) => query.where('account_id', 'in', ids as Ids))
    .orderBy('account_id')
    .execute();
  return rows.map((row) => ({
    Id: row.account_id,
    ...(row.parent_id !== null && { ParentId: row.parent_id }),
    State: row.state,
    KeepCrossAccountUse: row.keep_cross_account_use === 1,
  }));
}

export async function readUnits(view: Db, ids?: Ids): Promise<OrganizationView['Units']> {
  const rows = await view
    .selectFrom('node')
    .select(['node_id', 'parent_id', 'name'])
    .where('kind', '=', 'unit')
    .$if(ids !== undefined, (query) => query.where('node_id', 'in', ids as Ids))
    .orderBy('node_id')
    .execute();
  return rows.map((row) => ({ Id: row.node_id, ParentId: row.parent_id as string, Name: row.name }));
}

function shippedPolicies(partition: string): OrganizationView['Policies'] {
  return SHIPPED.map(({ id, type, name, content }) => ({
    Id: id,
    Arn: shippedPolicyArn(partition, type, id),
    Name: name,
    Type: type,
    Version: 'v1',
    Document: content,
  }));
}

export async function readPolicies(
  view: Db,
  { organization_id, management_account_id }: OrganizationRow,
  partition: string,
  ids?: Ids,
): Promise<OrganizationView['Policies']> {
  const scope = { partition, managementAccountId: management_account_id, organizationId: organization_id };
  const rows = await view
    .selectFrom('policy')
    .select(['policy_id', 'type', 'name', 'version', 'content'])
    .$if(ids !== undefined, (query) => query.where('policy_id', 'in', ids as Ids))
    .orderBy('policy_id')
    .execute();
  return rows.map((row) => ({
    Id: row.policy_id,
    Arn: policyArn(scope, row.type, row.policy_id),
    Name: row.name,
    Type: row.type,
    Version: `v${row.version}`,
    Document: row.content,
  }));
}

export async function readAttachments(view: Db, ids?: Ids): Promise<OrganizationView['Attachments']> {
  const rows = await view
    .selectFrom('attachment')
    .select(['target_id', 'policy_id', 'mode'])
    .$if(ids !== undefined, (query) => query.where('target_id', 'in', ids as Ids))
    .orderBy('target_id')
    .orderBy('policy_id')
    .execute();
  return rows.map((row) => ({ TargetId: row.target_id, PolicyId: row.policy_id, Mode: row.mode }));
}
