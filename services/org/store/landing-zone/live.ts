/** The organization as plans and drift compare it, read at one moment. */
import type { AppliedRecord, LiveOrganization, RecordKind } from '../../domain/landing-zone/live.ts';
import { SHIPPED } from '../../domain/shipped.ts';
import type { Db, OrganizationRow } from '../db.ts';
import { enabledTypes } from '../policies.ts';

export async function readLive(
  view: Db,
  { organization_id, root_id, management_account_id }: OrganizationRow,
): Promise<LiveOrganization> {
  const { v } = await view.selectFrom('global_version').select('v').where('id', '=', 1).executeTakeFirstOrThrow();
  const units = await view
    .selectFrom('node')
    .select(['node_id', 'parent_id', 'name'])
    .where('organization_id', '=', organization_id)
    .where('kind', '=', 'unit')
    .orderBy('node_id')
    .execute();
  const policies = await view
    .selectFrom('policy')
    .select(['policy_id', 'type', 'name', 'description', 'content'])
    .where('organization_id', '=', organization_id)
    .orderBy('policy_id')
    .execute();
  const attachments = await view
    .selectFrom('attachment')
    .select(['target_id', 'policy_id', 'mode'])
    .orderBy('target_id')
    .orderBy('policy_id')
    .execute();
  const services = await view
    .selectFrom('service_access')
    .select('service_principal')
    .where('organization_id', '=', organization_id)
    .orderBy('service_principal')
    .execute();
  const delegates = await view
    .selectFrom('delegated_administrator')
    .select(['service_principal', 'account_id'])
    .where('organization_id', '=', organization_id)
    .orderBy('service_principal')
    .orderBy('account_id')
    .execute();
  return {
    revision: Number(v),
    organizationId: organization_id,
    rootId: root_id,
    managementAccountId: management_account_id,
    types: await enabledTypes(view, organization_id),
    units: units.map((row) => ({ id: row.node_id, parentId: row.parent_id as string, name: row.name })),
    accounts: await readAccounts(view, organization_id),
    policies: [
      ...SHIPPED.map(({ id, type, name, description, content }) => ({
        id,
        type,
        name,
        description,
        content,
        shipped: true,
      })),
      ...policies.map(({ policy_id, ...row }) => ({ id: policy_id, ...row, shipped: false })),
    ],
    attachments: attachments.map((row) => ({ targetId: row.target_id, policyId: row.policy_id, mode: row.mode })),
    services: services.map((row) => row.service_principal),
    delegates: delegates.map((row) => ({ service: row.service_principal, accountId: row.account_id })),
  };
}

async function readAccounts(view: Db, organizationId: string): Promise<LiveOrganization['accounts']> {
  const rows = await view
    .selectFrom('account')
    .select(['account_id', 'parent_id', 'name', 'email', 'state'])
    .where('organization_id', '=', organizationId)
    .orderBy('account_id')
    .execute();
  const tags = await view
    .selectFrom('tag')
    .innerJoin('account', 'account.account_id', 'tag.owner_id')
    .select(['tag.owner_id', 'tag.key', 'tag.value'])
    .orderBy('tag.owner_id')
    .orderBy('tag.key_key')
    .execute();
  const tagsOf = new Map<string, Record<string, string>>();
  for (const { owner_id, key, value } of tags) {
    const held = tagsOf.get(owner_id);
    if (held) held[key] = value;
    else tagsOf.set(owner_id, { [key]: value });
  }
  return rows.map((row) => ({
    id: row.account_id,
    parentId: row.parent_id as string,
    name: row.name,
    email: row.email ?? undefined,
    state: row.state,
    tags: tagsOf.get(row.account_id) ?? {},
  }));
}

export async function readRecords(db: Db, organizationId: string): Promise<AppliedRecord[]> {
  const rows = await db
    .selectFrom('landing_zone_object')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .orderBy('kind')
    .orderBy('key')
    .execute();
  return rows.map(({ kind, key, object_id, state }) => ({
    kind: kind as RecordKind,
    key,
    id: object_id ?? undefined,
    state: JSON.parse(state) as AppliedRecord['state'],
  }));
}
