/**
 * Writes the large organization into the database of an org service that does not run. Through the API every account
 * would be provisioned, which takes minutes and is not what is measured.
 */
import type { OrganizationData } from '../../platform/authz/organization-data.ts';
import { openStore } from '../../platform/store/index.ts';
import { defineOrg } from '../../services/org/index.ts';
import type { NodeRow, Tx } from '../../services/org/store/db.ts';
import { theOrganization } from '../../services/org/store/organization.ts';
import type { OrgDb } from '../../services/org/store/schema.ts';
import type { Running } from '../../test/harness/server.ts';
import { FULL, ROOT } from './organization.ts';

const SCP = 'SERVICE_CONTROL_POLICY';
const ROWS_PER_STATEMENT = 500;

export async function seed(server: Running, data: OrganizationData): Promise<void> {
  const clock = { now: () => Date.now() };
  const { databaseUrl: url, dataFolder } = server;
  const { migrations } = defineOrg();
  const store = await openStore<OrgDb>({
    service: 'org',
    ...(url === undefined ? { folder: dataFolder } : { url }),
    clock,
    migrations,
  });
  try {
    await store.transaction(async (tx) => {
      await write(tx, data, clock.now());
      await store.bumpVersion(tx, { kind: 'organization', objectId: 'bench', accountId: null });
    });
  } finally {
    await store.close();
  }
}

async function write(tx: Tx, data: OrganizationData, now: number): Promise<void> {
  const organization = await theOrganization(tx);
  if (!organization) throw new Error('there is no organization to put accounts in');
  const { organization_id, root_id } = organization;
  const placed = new Map<string, Pick<NodeRow, 'depth' | 'path'>>([[ROOT, { depth: 0, path: root_id }]]);
  const idOf = (id: string) => (id === ROOT ? root_id : id);
  // Parents come before their children.
  const units = data.Units.map(({ Id, ParentId, Name }): NodeRow => {
    const parent = placed.get(ParentId);
    if (!parent) throw new Error(`unit ${Id} comes before its parent`);
    const { depth } = parent;
    const path = `${parent.path}/${Id}`;
    placed.set(Id, { depth: depth + 1, path });
    return {
      node_id: Id,
      organization_id,
      kind: 'unit',
      parent_id: idOf(ParentId),
      parent_depth: depth,
      depth: depth + 1,
      path,
      name: Name,
      name_key: Name.toLowerCase(),
      created_at: now,
    };
  });
  for (const rows of chunks(units)) await tx.insertInto('node').values(rows).execute();
  const accounts = data.Accounts.map(({ Id, ParentId, State }) => ({
    account_id: Id,
    organization_id,
    parent_id: ParentId as string,
    name: Id,
    email: null,
    email_key: null,
    state: State,
    keep_cross_account_use: 0,
    joined_method: 'CREATED' as const,
    joined_at: now,
    closed_at: null,
  }));
  for (const rows of chunks(accounts)) await tx.insertInto('account').values(rows).execute();
  const policies = data.Policies.filter(({ Id }) => Id !== FULL).map(({ Id, Name, Document }) => ({
    policy_id: Id,
    organization_id,
    type: SCP,
    name: Name,
    name_key: Name.toLowerCase(),
    description: '',
    content: Document,
    version: 1,
    updated_at: now,
  }));
  for (const rows of chunks(policies))
    await tx
      .insertInto('policy')
      .values(rows as never)
      .execute();
  const attachments = new Map(
    data.Attachments.filter(({ TargetId, PolicyId }) => TargetId !== ROOT || PolicyId !== FULL).map(
      ({ TargetId, PolicyId, Mode }) => {
        const isUnit = placed.has(TargetId);
        const row = {
          target_id: idOf(TargetId),
          policy_id: PolicyId,
          type: SCP,
          mode: Mode,
          node_id: isUnit ? idOf(TargetId) : null,
          account_id: isUnit ? null : TargetId,
          own_policy_id: PolicyId === FULL ? null : PolicyId,
          attached_at: now,
        };
        return [`${TargetId} ${PolicyId}`, row] as const;
      },
    ),
  );
  for (const rows of chunks([...attachments.values()]))
    await tx
      .insertInto('attachment')
      .values(rows as never)
      .execute();
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) yield rows.slice(from, from + ROWS_PER_STATEMENT);
}
