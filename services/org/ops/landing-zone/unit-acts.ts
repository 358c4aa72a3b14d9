import {
  CreateOrganizationalUnit,
  DeleteOrganizationalUnit,
  MoveOrganizationalUnit,
  UpdateOrganizationalUnit,
} from '../../api/units.ts';
import { nodeById } from '../../store/nodes.ts';
import { newUnitId } from '../ids.ts';
import * as changes from '../units/unit-changes.ts';
import { type ActHandler, idOf, StepRefused } from './acting.ts';

export const createUnit: ActHandler<'create-unit'> = async (acting, { unit, name, parent }) => {
  const { deps, organization, made } = acting;
  const id = newUnitId(deps, organization.root_id);
  const parentId = await idOf(acting, parent);
  await changes.makeUnit(acting, { id, parentId, name });
  made.set(unit, id);
  return { operation: CreateOrganizationalUnit, input: { ParentId: parentId, Name: name }, objects: [id] };
};

export const renameUnit: ActHandler<'rename-unit'> = async (acting, { unit, from, to }) => {
  const node = await changes.unitNow(acting, await idOf(acting, unit));
  if (node.name === to) return undefined;
  if (node.name !== from) throw new StepRefused('Changed', `unit ${unit} is called ${node.name} by now`);
  await changes.renameUnit(acting, node, to);
  return {
    operation: UpdateOrganizationalUnit,
    input: { OrganizationalUnitId: node.node_id, Name: to },
    objects: [node.node_id],
  };
};

export const moveUnit: ActHandler<'move-unit'> = async (acting, { unit, from, to }) => {
  const node = await changes.unitNow(acting, await idOf(acting, unit));
  const destination = await changes.nodeNow(acting, await idOf(acting, to), 'DestinationParentNotFound');
  if (node.parent_id === destination.node_id) return undefined;
  const source = await idOf(acting, from);
  if (node.parent_id !== source) throw new StepRefused('Changed', `unit ${unit} is not under ${from} any more`);
  await changes.moveUnit(acting, node, destination);
  return {
    operation: MoveOrganizationalUnit,
    input: {
      OrganizationalUnitId: node.node_id,
      DestinationParentId: destination.node_id,
      SourceParentId: source,
    },
    objects: [node.node_id],
  };
};

export const deleteUnit: ActHandler<'delete-unit'> = async (acting, { unit }) => {
  const id = await idOf(acting, unit);
  const node = await nodeById(acting.tx, acting.organization.organization_id, id);
  if (!node) return undefined;
  await changes.deleteUnit(acting, node);
  return { operation: DeleteOrganizationalUnit, input: { OrganizationalUnitId: id }, objects: [id] };
};
