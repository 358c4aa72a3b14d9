import type { OutputOf } from '../../../../platform/contract/operation.ts';
import { DescribeOrganizationTree } from '../../api/tree.ts';
import { pathOf } from '../../domain/names.ts';
import { listMembers } from '../../store/accounts.ts';
import { attachmentsOfTargets } from '../../store/attachments.ts';
import type { AccountRow, Db, NodeRow, Range } from '../../store/db.ts';
import { listUnits, nodeById, nodesById } from '../../store/nodes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { nodePath } from '../show.ts';
import { type Standing, wholeOrganization } from '../standing.ts';

type TreeNode = OutputOf<typeof DescribeOrganizationTree>['Nodes'][number];

/** Positions sort as the list does: the root, units, accounts. */
const ROOT = '0';
const UNIT = '1';
const ACCOUNT = '2';

interface Place {
  position: string;
  node?: NodeRow;
  account?: AccountRow;
}

export const describeOrganizationTree = implement(DescribeOrganizationTree, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  async run(call, input, standing, deps) {
    const page = openPage(deps, call, input, input.ExpandPolicies === true);
    return deps.store.snapshot(async (view) => {
      const Revision = await revision(view);
      const found = await placesFrom(view, standing, page.range);
      const { rows, output } = closePage(deps, page, found, (place) => place.position);
      const nodes = await show(view, standing, rows);
      if (input.ExpandPolicies === true) await expand(view, nodes);
      return { Revision, Nodes: nodes, ...output };
    });
  },
});

async function revision(view: Db): Promise<number> {
  const row = await view.selectFrom('global_version').select('v').where('id', '=', 1).executeTakeFirstOrThrow();
  return row.v;
}

async function placesFrom(view: Db, { organization }: Standing, { after, limit }: Range): Promise<Place[]> {
  const { organization_id, root_id } = organization;
  const places: Place[] = [];
  if (after === undefined) {
    const root = await nodeById(view, organization_id, root_id);
    if (root) places.push({ position: ROOT, node: root });
  }
  if (after === undefined || after < ACCOUNT) {
    const range = { after: after?.startsWith(UNIT) ? after.slice(1) : undefined, limit: limit - places.length };
    const units = await listUnits(view, organization_id, range);
    places.push(...units.map((node) => ({ position: UNIT + node.node_id, node })));
  }
  if (places.length < limit) {
    const range = { after: after?.startsWith(ACCOUNT) ? after.slice(1) : undefined, limit: limit - places.length };
    const accounts = await listMembers(view, organization_id, range);
    places.push(...accounts.map((account) => ({ position: ACCOUNT + account.account_id, account })));
  }
  return places;
}

async function show(view: Db, { scope }: Standing, places: readonly Place[]): Promise<TreeNode[]> {
  const parents = [...new Set(places.flatMap(({ account }) => account?.parent_id ?? []))];
  const paths = new Map((await nodesById(view, parents)).map((node) => [node.node_id, node.path]));
  return places.flatMap(({ node, account }): TreeNode[] => {
    if (node)
      return [
        {
          Id: node.node_id,
          Type: node.kind === 'root' ? 'ROOT' : 'ORGANIZATIONAL_UNIT',
          Name: node.name,
          ...(node.parent_id !== null && { ParentId: node.parent_id }),
          Path: nodePath(scope, node),
        },
      ];
    if (!account || account.parent_id === null) return [];
    return [
      {
        Id: account.account_id,
        Type: 'ACCOUNT',
        Name: account.name,
        ParentId: account.parent_id,
        Path: pathOf(scope.organizationId, `${paths.get(account.parent_id)}/${account.account_id}`),
        State: account.state,
      },
    ];
  });
}

async function expand(view: Db, nodes: TreeNode[]): Promise<void> {
  const rows = await attachmentsOfTargets(
    view,
    nodes.map((node) => node.Id),
  );
  for (const node of nodes) node.Policies = [];
  const byTarget = new Map(nodes.map((node) => [node.Id, node.Policies]));
  for (const row of rows)
    byTarget.get(row.target_id)?.push({ PolicyId: row.policy_id, Type: row.type, Mode: row.mode });
}
