import {
  CreateOrganizationalUnit,
  DeleteOrganizationalUnit,
  MoveOrganizationalUnit,
  UpdateOrganizationalUnit,
} from '../../api/units.ts';
import { nameKey, nodeArn } from '../../domain/names.ts';
import { tagRecord } from '../../domain/tags.ts';
import { checkMove } from '../../domain/tree.ts';
import { attachFullAccess } from '../../store/attachments.ts';
import type { NodeRow, Tx } from '../../store/db.ts';
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
import { putTags } from '../../store/tags.ts';
import { organizationChange, plainChange, unlessTaken } from '../changes.ts';
import { newUnitId } from '../ids.ts';
import { implement } from '../implement.ts';
import { showUnit } from '../show.ts';
import { type AnyCall, inOrganization } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { aboutNode, missing } from '../targets.ts';

const MISSING = 'OrganizationalUnitNotFound';

function duplicate(call: AnyCall, name: string) {
  return call.fail('DuplicateOrganizationalUnit', `a unit called ${name} stands under the same parent`);
}

function tooDeep(call: AnyCall, limit: number) {
  return call.fail('ConstraintViolation', `units stand at most ${limit} levels below the root`, {
    details: { reason: 'OU_DEPTH_LIMIT_EXCEEDED' },
  });
}

export const createOrganizationalUnit = implement(CreateOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const about = await aboutNode(call, deps, standing, input.ParentId, 'ParentNotFound');
      const requestTags = tagRecord(input.Tags ?? []);
      return { ...about, targets: about.targets.map((target) => ({ ...target, requestTags })) };
    }),
  run(call, input, { organization, scope, found }, deps) {
    const { organization_id, root_id } = organization;
    requireTags(call, deps, input.Tags ?? [], []);
    const id = newUnitId(deps, root_id);
    call.touches(nodeArn(scope, id), 'AWS::Organizations::OrganizationalUnit', scope.managementAccountId);
    return organizationChange(deps, call, organization, { kind: 'unit', objectId: id }, async (tx) => {
      // Read again: it may have moved or gone since it was authorized.
      const parent = await nodeById(tx, organization_id, found.node_id);
      if (!parent) throw missing(call, 'ParentNotFound', found.node_id);
      const { units, unitDepth } = deps.limits;
      if (parent.depth + 1 > unitDepth) throw tooDeep(call, unitDepth);
      if ((await countUnits(tx, organization_id)) >= units)
        throw call.fail('ConstraintViolation', `an organization has at most ${units} units`, {
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
        name: input.Name,
        name_key: nameKey(input.Name),
        created_at: call.now,
      };
      await unlessTaken(insertNode(tx, unit), () => duplicate(call, input.Name));
      await attachFullAccess(tx, id, await enabledTypes(tx, organization_id), call.now);
      await putTags(tx, id, input.Tags ?? []);
      return { OrganizationalUnit: showUnit(scope, unit) };
    });
  },
});

export const updateOrganizationalUnit = implement(UpdateOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutNode(call, deps, standing, input.OrganizationalUnitId, MISSING)),
  run(call, input, { organization, scope, found }, deps) {
    const rename = async (tx: Tx) => {
      const unit = await unitOf(call, tx, found);
      const name = input.Name ?? unit.name;
      if (name !== unit.name)
        await unlessTaken(renameNode(tx, unit.node_id, name, nameKey(name)), () => duplicate(call, name));
      return { OrganizationalUnit: showUnit(scope, { ...unit, name }) };
    };
    if (input.Name === undefined) return plainChange(call, organization, found.node_id, rename);
    return organizationChange(deps, call, organization, { kind: 'unit', objectId: found.node_id }, rename);
  },
});

export const deleteOrganizationalUnit = implement(DeleteOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutNode(call, deps, standing, input.OrganizationalUnitId, MISSING)),
  run(call, _input, { organization, found }, deps) {
    return organizationChange(deps, call, organization, { kind: 'unit', objectId: found.node_id }, async (tx) => {
      const unit = await unitOf(call, tx, found);
      if (await hasChildren(tx, unit.node_id))
        throw call.fail('OrganizationalUnitNotEmpty', `unit ${unit.name} holds units or accounts`, {
          hint: 'move them away first; closed accounts count until they have left',
        });
      await deleteNode(tx, unit.node_id);
      return undefined;
    });
  },
});

/** Unit, source and destination are all asked about: a move takes guardrails away at one place and adds them at another. */
export const moveOrganizationalUnit = implement(MoveOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const unit = await aboutNode(call, deps, standing, input.OrganizationalUnitId, MISSING);
      const to = await aboutNode(call, deps, standing, input.DestinationParentId, 'DestinationParentNotFound');
      return {
        targets: [...unit.targets, ...to.targets],
        state: { unit: unit.state, to: to.state },
        absent: unit.absent ?? to.absent,
      };
    }),
  run(call, input, { organization, scope, found }, deps) {
    const { organization_id } = organization;
    return organizationChange(deps, call, organization, { kind: 'unit', objectId: found.unit.node_id }, async (tx) => {
      const unit = await unitOf(call, tx, found.unit);
      const destination = await nodeById(tx, organization_id, found.to.node_id);
      if (!destination) throw missing(call, 'DestinationParentNotFound', found.to.node_id);
      if (input.SourceParentId !== undefined && input.SourceParentId !== unit.parent_id)
        throw call.fail('SourceParentNotFound', `unit ${unit.name} is not under ${input.SourceParentId}`, {
          hint: 'somebody may have moved it: look at the tree again',
        });
      if (unit.parent_id === destination.node_id) return { OrganizationalUnit: showUnit(scope, unit) };
      const { unitDepth } = deps.limits;
      const problem = checkMove({ unit, destination, unitDepth, subtree: await subtreeOf(tx, unit) });
      if (problem === 'too deep') throw tooDeep(call, unitDepth);
      if (problem)
        throw call.fail('InvalidInput', `unit ${unit.name} cannot move into itself`, {
          details: { reason: 'INVALID_PATTERN_TARGET_ID' },
        });
      await unlessTaken(moveNode(tx, unit, destination), () => duplicate(call, unit.name));
      return { OrganizationalUnit: showUnit(scope, await unitOf(call, tx, unit)) };
    });
  },
});

/** The unit as it is under the lock. */
async function unitOf(call: AnyCall, tx: Tx, { organization_id, node_id }: NodeRow): Promise<NodeRow> {
  const unit = await nodeById(tx, organization_id, node_id);
  if (unit?.kind !== 'unit') throw missing(call, MISSING, node_id);
  return unit;
}
