import { isUniqueViolation } from '../../../../platform/store/index.ts';
import {
  CreateOrganizationalUnit,
  DeleteOrganizationalUnit,
  MoveOrganizationalUnit,
  UpdateOrganizationalUnit,
} from '../../api/units.ts';
import { nameKey } from '../../domain/names.ts';
import { checkMove } from '../../domain/tree.ts';
import { attachFullAccess } from '../../store/attachments.ts';
import type { NodeRow } from '../../store/db.ts';
import {
  countUnits,
  deleteNode,
  hasChildren,
  insertNode,
  moveNode,
  nodeById,
  renameNode,
  subtreeOf,
} from '../../store/nodes.ts';
import { enabledTypes } from '../../store/policies.ts';
import { newUnitId } from '../ids.ts';
import { type ActHandler, type Acting, idOf, StepRefused } from './acting.ts';

async function nodeOf({ tx, organization }: Acting, id: string): Promise<NodeRow> {
  const node = await nodeById(tx, organization.organization_id, id);
  if (!node) throw new StepRefused('Missing', `${id} does not exist any more`);
  return node;
}

/** After it the transaction is lost, so the step is. */
async function unlessNameTaken(name: string, write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new StepRefused('DuplicateOrganizationalUnit', `a unit called ${name} stands under the same parent`);
  }
}

export const createUnit: ActHandler<'create-unit'> = async (acting, { unit, name, parent }) => {
  const { deps, tx, organization, now, made } = acting;
  const { organization_id, root_id } = organization;
  const above = await nodeOf(acting, await idOf(acting, parent));
  if (above.depth + 1 > deps.limits.unitDepth)
    throw new StepRefused('ConstraintViolation', `units stand at most ${deps.limits.unitDepth} levels below the root`);
  if ((await countUnits(tx, organization_id)) >= deps.limits.units)
    throw new StepRefused('ConstraintViolation', `an organization has at most ${deps.limits.units} units`);
  const id = newUnitId(deps, root_id);
  const row: NodeRow = {
    node_id: id,
    organization_id,
    kind: 'unit',
    parent_id: above.node_id,
    parent_depth: above.depth,
    depth: above.depth + 1,
    path: `${above.path}/${id}`,
    name,
    name_key: nameKey(name),
    created_at: now,
  };
  await unlessNameTaken(name, insertNode(tx, row));
  await attachFullAccess(tx, id, await enabledTypes(tx, organization_id), now);
  made.set(unit, id);
  return { operation: CreateOrganizationalUnit, input: { ParentId: above.node_id, Name: name }, objects: [id] };
};

export const renameUnit: ActHandler<'rename-unit'> = async (acting, { unit, from, to }) => {
  const node = await nodeOf(acting, await idOf(acting, unit));
  if (node.name === to) return undefined;
  if (node.name !== from) throw new StepRefused('Changed', `unit ${unit} is called ${node.name} by now`);
  await unlessNameTaken(to, renameNode(acting.tx, node.node_id, to, nameKey(to)));
  return {
    operation: UpdateOrganizationalUnit,
    input: { OrganizationalUnitId: node.node_id, Name: to },
    objects: [node.node_id],
  };
};

export const moveUnit: ActHandler<'move-unit'> = async (acting, { unit, from, to }) => {
  const { tx, deps } = acting;
  const node = await nodeOf(acting, await idOf(acting, unit));
  const destination = await nodeOf(acting, await idOf(acting, to));
  if (node.parent_id === destination.node_id) return undefined;
  if (node.parent_id !== (await idOf(acting, from)))
    throw new StepRefused('Changed', `unit ${unit} is not under ${from} any more`);
  const { unitDepth } = deps.limits;
  const problem = checkMove({ unit: node, destination, unitDepth, subtree: await subtreeOf(tx, node) });
  if (problem) throw new StepRefused('ConstraintViolation', `unit ${unit} would stand ${problem}`);
  await unlessNameTaken(node.name, moveNode(tx, node, destination));
  return {
    operation: MoveOrganizationalUnit,
    input: {
      OrganizationalUnitId: node.node_id,
      DestinationParentId: destination.node_id,
      SourceParentId: node.parent_id as string,
    },
    objects: [node.node_id],
  };
};

export const deleteUnit: ActHandler<'delete-unit'> = async (acting, { unit }) => {
  const { tx, organization } = acting;
  const id = await idOf(acting, unit);
  const node = await nodeById(tx, organization.organization_id, id);
  if (!node) return undefined;
  if (await hasChildren(tx, id))
    throw new StepRefused('OrganizationalUnitNotEmpty', `unit ${unit} holds units or accounts by now`);
  await deleteNode(tx, id);
  return { operation: DeleteOrganizationalUnit, input: { OrganizationalUnitId: id }, objects: [id] };
};
