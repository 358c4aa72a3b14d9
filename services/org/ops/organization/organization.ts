import { change } from '../../../../platform/runtime/call.ts';
import { ORGANIZATION } from '../../../../platform/runtime/change-hub.ts';
import {
  CreateOrganization,
  DeleteOrganization,
  DescribeOrganization,
  EnableAllFeatures,
  ListRoots,
} from '../../api/organization.ts';
import type { KnownAccount, OrgDeps } from '../../deps.ts';
import { emailKey, nameKey, organizationArn } from '../../domain/names.ts';
import type { GuardrailType } from '../../domain/shipped.ts';
import { accountById, countMembers, putAccount } from '../../store/accounts.ts';
import { attachFullAccess } from '../../store/attachments.ts';
import type { NodeRow, OrganizationRow, Tx } from '../../store/db.ts';
import { insertNode, nodeById } from '../../store/nodes.ts';
import { deleteOrganization as deleteRows, insertOrganization, theOrganization } from '../../store/organization.ts';
import { enabledTypes, enableType } from '../../store/policies.ts';
import { organizationChange, raiseRevision, unlessTaken } from '../changes.ts';
import { newOrganizationId, newRootId } from '../ids.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { showOrganization, showRoot } from '../show.ts';
import { asMember, EVERYTHING, inOrganization, scopeOf, wholeOrganization } from '../standing.ts';

const ROOT_NAME = 'Root';
const FIRST_TYPES: readonly GuardrailType[] = ['SERVICE_CONTROL_POLICY'];

/** The organization belongs to the management account of the installation: nobody else can make one. */
export const createOrganization = implement(CreateOrganization, {
  async resolve(call, _input, deps) {
    const { ManagementAccountId = 'none', Accounts } = await deps.clients.iam.DescribeAccounts({
      AccountIds: [call.caller.accountId],
      Emails: [],
    });
    return {
      targets: [{ ...EVERYTHING, accountId: ManagementAccountId }],
      state: Accounts[0] as KnownAccount,
    };
  },
  async run(call, input, account, deps) {
    if (input.FeatureSet === 'CONSOLIDATED_BILLING')
      throw call.fail('ConstraintViolation', 'an organization of this product always has all features', {
        hint: 'leave FeatureSet out, or give ALL',
        details: { reason: 'ORGANIZATION_NOT_IN_ALL_FEATURES_MODE' },
      });
    const already = () => call.fail('AlreadyInOrganization', 'the installation has an organization already');
    if (await theOrganization(deps.store.read)) throw already();
    const organization = {
      organization_id: newOrganizationId(deps),
      management_account_id: account.AccountId,
      root_id: newRootId(deps),
      created_at: call.now,
      slot: 1,
    };
    const scope = scopeOf(deps, organization);
    call.touches(organizationArn(scope), 'AWS::Organizations::Organization', account.AccountId);
    return change(
      async (tx) => {
        await unlessTaken(insertOrganization(tx as Tx, organization), already);
        await plant(tx as Tx, organization, account, call.now);
        const { organization_id } = organization;
        await raiseRevision(deps, tx, { kind: 'organization', objectId: organization_id }, account.AccountId);
        return { Organization: showOrganization(scope, organization, account.Email ?? null, FIRST_TYPES) };
      },
      () => deps.hub.publish(ORGANIZATION),
    );
  },
});

/** The root, and the management account under it. */
async function plant(tx: Tx, organization: OrganizationRow, account: KnownAccount, now: number): Promise<void> {
  const { organization_id, root_id } = organization;
  const root: NodeRow = {
    node_id: root_id,
    organization_id,
    kind: 'root',
    parent_id: null,
    parent_depth: null,
    depth: 0,
    path: root_id,
    name: ROOT_NAME,
    name_key: nameKey(ROOT_NAME),
    created_at: now,
  };
  await insertNode(tx, root);
  await putAccount(tx, {
    account_id: account.AccountId,
    organization_id,
    parent_id: root_id,
    name: account.Name,
    email: account.Email ?? null,
    email_key: account.Email === undefined ? null : emailKey(account.Email),
    state: 'ACTIVE',
    keep_cross_account_use: 0,
    joined_method: 'INVITED',
    joined_at: now,
    closed_at: null,
  });
  for (const type of FIRST_TYPES) await enableType(tx, organization_id, type, now);
  await attachFullAccess(tx, root_id, FIRST_TYPES, now);
  await attachFullAccess(tx, account.AccountId, FIRST_TYPES, now);
}

export const describeOrganization = implement(DescribeOrganization, {
  resolve: (call, _input, deps) => asMember(call, deps),
  async run(_call, _input, { organization, scope }, deps) {
    const db = deps.store.read;
    const management = await accountById(db, organization.management_account_id);
    const types = await enabledTypes(db, organization.organization_id);
    return { Organization: showOrganization(scope, organization, management?.email ?? null, types) };
  },
});

export const deleteOrganization = implement(DeleteOrganization, {
  resolve: (call, _input, deps) => aboutOrganization(call, deps),
  run(call, _input, { organization }, deps) {
    const changed = { kind: 'organization', objectId: organization.organization_id };
    return organizationChange(deps, call, organization, changed, async ({ tx }) => {
      const others = (await countMembers(tx, organization.organization_id)) - 1;
      if (others > 0)
        throw call.fail(
          'OrganizationNotEmpty',
          `the organization has ${others} other member${others === 1 ? '' : 's'}`,
          {
            hint: 'remove every account first; closed ones leave when their time of grace is over',
          },
        );
      await deleteRows(tx, organization);
      return undefined;
    });
  },
});

export const enableAllFeatures = implement(EnableAllFeatures, {
  resolve: (call, _input, deps) => aboutOrganization(call, deps),
  run(call) {
    throw call.fail('HandshakeConstraintViolation', 'the organization has all features already', {
      details: { reason: 'ORGANIZATION_ALREADY_HAS_ALL_FEATURES' },
    });
  },
});

function aboutOrganization(call: Parameters<typeof inOrganization>[0], deps: OrgDeps) {
  return inOrganization<undefined>(call, deps, ({ scope }) => {
    const resource = organizationArn(scope);
    call.touches(resource, 'AWS::Organizations::Organization', scope.managementAccountId);
    return { targets: [{ resource }], state: undefined };
  });
}

export const listRoots = implement(ListRoots, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, { organization, scope }, deps) {
    const page = openPage(deps, call, input);
    const db = deps.store.read;
    const root = await nodeById(db, organization.organization_id, organization.root_id);
    const { rows, output } = closePage(deps, page, root ? [root] : [], (row) => row.node_id);
    const types = await enabledTypes(db, organization.organization_id);
    return { Roots: rows.map((row) => showRoot(scope, row, types)), ...output };
  },
});
