/** What may become of units, under the lock of the organization. */
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
import { type Changing, unlessTaken } from '../changes.ts';
import { missing } from '../targets.ts';

/** A root or unit as it is now: it may have moved or gone since it was authorized. `code`: the error when it is gone. */
export async function nodeNow(at: Changing, id: string, code: string): Promise<NodeRow> {
  const node = await nodeById(at.tx, at.organization.organization_id, id);
  if (!node) throw missing(at, code, id);
  return node;
}

export async function unitNow(at: Changing, id: string): Promise<NodeRow> {
  const unit = await nodeNow(at, id, 'OrganizationalUnitNotFound');
  if (unit.kind !== 'unit') throw missing(at, 'OrganizationalUnitNotFound', id);
  return unit;
}

export async function makeUnit(
  at: Changing,
  { id, parentId, name }: { id: string; parentId: string; name: string },
): Promise<NodeRow> {
  const { deps, tx, organization, now } = at;
  const { organization_id } = organization;
  const parent = await nodeNow(at, parentId, 'ParentNotFound');
  const { units, unitDepth } = deps.limits;
  if (parent.depth + 1 > unitDepth) throw tooDeep(at);
  if ((await countUnits(tx, organization_id)) >= units)
    throw at.fail('ConstraintViolation', `an organization has at most ${units} units`, {
      details: { reason: 'OU_NUMBER_LIMIT_EXCEEDED' },
    });
  const unit: NodeRow = {
    node_id: id,
    organization_id,
    kind: 'unit',
    parent_id: parent.node_id,
    parent_depth: parent.depth,
    depth: parent.depth + 1,
    path: `${parent.path}/${id}`,
    name,
    name_key: nameKey(name),
    created_at: now,
  };
  await unlessTaken(insertNode(tx, unit), () => duplicate(at, name));
  await attachFullAccess(tx, id, await enabledTypes(tx, organization_id), now);
  return unit;
}

export async function renameUnit(at: Changing, unit: NodeRow, name: string): Promise<void> {
  await unlessTaken(renameNode(at.tx, unit.node_id, name, nameKey(name)), () => duplicate(at, name));
}

export async function moveUnit(at: Changing, unit: NodeRow, destination: NodeRow): Promise<void> {
  const { tx, deps } = at;
  const { unitDepth } = deps.limits;
  const problem = checkMove({ unit, destination, unitDepth, subtree: await subtreeOf(tx, unit) });
  if (problem === 'too deep') throw tooDeep(at);
  if (problem)
    throw at.fail('InvalidInput', `unit ${unit.name} cannot move into itself`, {
      details: { reason: 'INVALID_PATTERN_TARGET_ID' },
    });
  await unlessTaken(moveNode(tx, unit, destination), () => duplicate(at, unit.name));
}

export async function deleteUnit(at: Changing, unit: NodeRow): Promise<void> {
  if (await hasChildren(at.tx, unit.node_id))
    throw at.fail('OrganizationalUnitNotEmpty', `unit ${unit.name} holds units or accounts`, {
      hint: 'move them away first; closed accounts count until they have left',
    });
  await deleteNode(at.tx, unit.node_id);
}

function duplicate(at: Changing, name: string) {
  return at.fail('DuplicateOrganizationalUnit', `a unit called ${name} stands under the same parent`);
}

function tooDeep(at: Changing) {
  return at.fail('ConstraintViolation', `units stand at most ${at.deps.limits.unitDepth} levels below the root`, {
    details: { reason: 'OU_DEPTH_LIMIT_EXCEEDED' },
  });
}
