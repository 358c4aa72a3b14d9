/** Rows as callers see them. */
import type { OutputOf } from '../../../platform/contract/operation.ts';
import type { DescribeAccount } from '../api/accounts.ts';
import type { DescribeOrganization } from '../api/organization.ts';
import type { DescribePolicy } from '../api/policies.ts';
import type { DescribeOrganizationalUnit } from '../api/units.ts';
import { legacyStatus } from '../domain/account-state.ts';
import { type ArnScope, accountArn, organizationArn, pathOf, rootArn, unitArn } from '../domain/names.ts';
import { type GuardrailType, guardrailArn, type ShippedPolicy } from '../domain/shipped.ts';
import type { AccountRow, Db, NodeRow, OrganizationRow, PolicyRow } from '../store/db.ts';
import { nodesById } from '../store/nodes.ts';

type Organization = OutputOf<typeof DescribeOrganization>['Organization'];
type Unit = OutputOf<typeof DescribeOrganizationalUnit>['OrganizationalUnit'];
type Account = OutputOf<typeof DescribeAccount>['Account'];
type Policy = OutputOf<typeof DescribePolicy>['Policy'];

const enabled = (Type: GuardrailType) => ({ Type, Status: 'ENABLED' as const });

export function showOrganization(
  scope: ArnScope,
  { organization_id, management_account_id }: OrganizationRow,
  email: string | null,
  types: readonly GuardrailType[],
): Organization {
  return {
    Id: organization_id,
    Arn: organizationArn(scope),
    FeatureSet: 'ALL',
    MasterAccountArn: accountArn(scope, management_account_id),
    MasterAccountId: management_account_id,
    ...(email !== null && { MasterAccountEmail: email }),
    AvailablePolicyTypes: types.map(enabled),
  };
}

export function showRoot(scope: ArnScope, root: Pick<NodeRow, 'node_id' | 'name'>, types: readonly GuardrailType[]) {
  return { Id: root.node_id, Arn: rootArn(scope, root.node_id), Name: root.name, PolicyTypes: types.map(enabled) };
}

export function nodePath({ organizationId }: ArnScope, { path }: Pick<NodeRow, 'path'>): string {
  return pathOf(organizationId, path);
}

export function showUnit(scope: ArnScope, unit: NodeRow): Unit {
  return { Id: unit.node_id, Arn: unitArn(scope, unit.node_id), Name: unit.name, Path: nodePath(scope, unit) };
}

/** Everything of an account but its path. */
export function accountMembers(scope: ArnScope, row: AccountRow) {
  const status = legacyStatus(row.state);
  return {
    Id: row.account_id,
    Arn: accountArn(scope, row.account_id),
    ...(row.email !== null && { Email: row.email }),
    Name: row.name,
    ...(status && { Status: status }),
    State: row.state,
    JoinedMethod: row.joined_method,
    JoinedTimestamp: row.joined_at,
  };
}

export async function showAccounts(db: Db, scope: ArnScope, rows: readonly AccountRow[]): Promise<Account[]> {
  const parents = [...new Set(rows.flatMap((row) => row.parent_id ?? []))];
  const paths = new Map((await nodesById(db, parents)).map((node) => [node.node_id, node.path]));
  return rows.map((row) => {
    const parent = row.parent_id === null ? undefined : paths.get(row.parent_id);
    return {
      ...accountMembers(scope, row),
      Paths: parent === undefined ? [] : [pathOf(scope.organizationId, `${parent}/${row.account_id}`)],
    };
  });
}

export async function showAccount(db: Db, scope: ArnScope, row: AccountRow): Promise<Account> {
  const [shown] = await showAccounts(db, scope, [row]);
  return shown as Account;
}

/** A policy of the organization or a shipped one. */
export type PolicyRef = { own: PolicyRow } | { shipped: ShippedPolicy };

export function policyFacts(ref: PolicyRef) {
  if ('shipped' in ref) {
    const { id, type, name, description, content } = ref.shipped;
    return { id, type, name, description, content, shipped: true };
  }
  const { policy_id, type, name, description, content } = ref.own;
  return { id: policy_id, type, name, description, content, shipped: false };
}

export function showSummary(scope: ArnScope, ref: PolicyRef): Policy['PolicySummary'] {
  const { id, type, name, description, shipped } = policyFacts(ref);
  return {
    Id: id,
    Arn: guardrailArn(scope, type, id),
    Name: name,
    Description: description,
    Type: type,
    AwsManaged: shipped,
  };
}

export function showPolicy(scope: ArnScope, ref: PolicyRef): Policy {
  return { PolicySummary: showSummary(scope, ref), Content: policyFacts(ref).content };
}
