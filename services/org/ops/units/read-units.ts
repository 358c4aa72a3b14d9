import {
  DescribeOrganizationalUnit,
  ListChildren,
  ListOrganizationalUnitsForParent,
  ListParents,
} from '../../api/units.ts';
import { accountsUnder } from '../../store/accounts.ts';
import { unitsUnder } from '../../store/nodes.ts';
import { implement } from '../implement.ts';
import { closePage, openPage } from '../pages.ts';
import { showUnit } from '../show.ts';
import { inOrganization } from '../standing.ts';
import { aboutNode, aboutTarget } from '../targets.ts';

export const describeOrganizationalUnit = implement(DescribeOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) =>
      aboutNode(call, deps, standing, input.OrganizationalUnitId, 'OrganizationalUnitNotFound'),
    ),
  run: (_call, _input, { scope, found }) => ({ OrganizationalUnit: showUnit(scope, found) }),
});

export const listOrganizationalUnitsForParent = implement(ListOrganizationalUnitsForParent, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutNode(call, deps, standing, input.ParentId, 'ParentNotFound')),
  async run(call, input, { scope, found }, deps) {
    const page = openPage(deps, call, input, found.node_id);
    const units = await unitsUnder(deps.store.read, found.node_id, page.range);
    const { rows, output } = closePage(deps, page, units, (row) => row.node_id);
    return { OrganizationalUnits: rows.map((row) => showUnit(scope, row)), ...output };
  },
});

export const listChildren = implement(ListChildren, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutNode(call, deps, standing, input.ParentId, 'ParentNotFound')),
  async run(call, input, { found }, deps) {
    const { ChildType } = input;
    const page = openPage(deps, call, input, [found.node_id, ChildType]);
    const db = deps.store.read;
    const ids =
      ChildType === 'ACCOUNT'
        ? (await accountsUnder(db, found.node_id, page.range)).map((row) => row.account_id)
        : (await unitsUnder(db, found.node_id, page.range)).map((row) => row.node_id);
    const { rows, output } = closePage(deps, page, ids, (id) => id);
    return { Children: rows.map((Id) => ({ Id, Type: ChildType })), ...output };
  },
});

export const listParents = implement(ListParents, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutTarget(call, deps, standing, input.ChildId, 'ChildNotFound')),
  run(call, input, { organization, found }, deps) {
    const page = openPage(deps, call, input, input.ChildId);
    const parent = 'node' in found ? found.node.parent_id : found.account.parent_id;
    const { rows, output } = closePage(deps, page, parent === null ? [] : [parent], (id) => id);
    const type = (id: string) => (id === organization.root_id ? ('ROOT' as const) : ('ORGANIZATIONAL_UNIT' as const));
    return { Parents: rows.map((Id) => ({ Id, Type: type(Id) })), ...output };
  },
});
