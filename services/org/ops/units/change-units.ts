import {
  CreateOrganizationalUnit,
  DeleteOrganizationalUnit,
  MoveOrganizationalUnit,
  UpdateOrganizationalUnit,
} from '../../api/units.ts';
import { nodeArn } from '../../domain/names.ts';
import { tagRecord } from '../../domain/tags.ts';
import { putTags } from '../../store/tags.ts';
import { type Changing, organizationChange, plainChange } from '../changes.ts';
import { newUnitId } from '../ids.ts';
import { implement } from '../implement.ts';
import { showUnit } from '../show.ts';
import { inOrganization } from '../standing.ts';
import { requireTags } from '../tags/tag-rules.ts';
import { aboutNode } from '../targets.ts';
import { deleteUnit, makeUnit, moveUnit, nodeNow, renameUnit, unitNow } from './unit-changes.ts';

const MISSING = 'OrganizationalUnitNotFound';

export const createOrganizationalUnit = implement(CreateOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, async (standing) => {
      const about = await aboutNode(call, deps, standing, input.ParentId, 'ParentNotFound');
      const requestTags = tagRecord(input.Tags ?? []);
      return { ...about, targets: about.targets.map((target) => ({ ...target, requestTags })) };
    }),
  run(call, input, { organization, scope, found }, deps) {
    requireTags(call, deps, input.Tags ?? [], []);
    const id = newUnitId(deps, organization.root_id);
    call.touches(nodeArn(scope, id), 'AWS::Organizations::OrganizationalUnit', scope.managementAccountId);
    return organizationChange(deps, call, organization, { kind: 'unit', objectId: id }, async (at) => {
      const unit = await makeUnit(at, { id, parentId: found.node_id, name: input.Name });
      await putTags(at.tx, id, input.Tags ?? []);
      return { OrganizationalUnit: showUnit(scope, unit) };
    });
  },
});

export const updateOrganizationalUnit = implement(UpdateOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutNode(call, deps, standing, input.OrganizationalUnitId, MISSING)),
  run(call, input, { organization, scope, found }, deps) {
    const rename = async (at: Changing) => {
      const unit = await unitNow(at, found.node_id);
      const name = input.Name ?? unit.name;
      if (name !== unit.name) await renameUnit(at, unit, name);
      return { OrganizationalUnit: showUnit(scope, { ...unit, name }) };
    };
    if (input.Name === undefined) return plainChange(deps, call, organization, found.node_id, rename);
    return organizationChange(deps, call, organization, { kind: 'unit', objectId: found.node_id }, rename);
  },
});

export const deleteOrganizationalUnit = implement(DeleteOrganizationalUnit, {
  resolve: (call, input, deps) =>
    inOrganization(call, deps, (standing) => aboutNode(call, deps, standing, input.OrganizationalUnitId, MISSING)),
  run(call, _input, { organization, found }, deps) {
    const changed = { kind: 'unit', objectId: found.node_id };
    return organizationChange(deps, call, organization, changed, async (at) => {
      await deleteUnit(at, await unitNow(at, found.node_id));
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
    const { node_id } = found.unit;
    return organizationChange(deps, call, organization, { kind: 'unit', objectId: node_id }, async (at) => {
      const unit = await unitNow(at, node_id);
      const destination = await nodeNow(at, found.to.node_id, 'DestinationParentNotFound');
      if (input.SourceParentId !== undefined && input.SourceParentId !== unit.parent_id)
        throw call.fail('SourceParentNotFound', `unit ${unit.name} is not under ${input.SourceParentId}`, {
          hint: 'somebody may have moved it: look at the tree again',
        });
      if (unit.parent_id === destination.node_id) return { OrganizationalUnit: showUnit(scope, unit) };
      await moveUnit(at, unit, destination);
      return { OrganizationalUnit: showUnit(scope, await unitNow(at, node_id)) };
    });
  },
});
