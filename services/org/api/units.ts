/** Organizational units and the shape of the tree. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, oneOf, structure } from '../../../platform/contract/shape.ts';
import {
  childNotFound,
  concurrentModification,
  constraint,
  destinationParentNotFound,
  duplicateUnit,
  invalidInput,
  notInUse,
  parentNotFound,
  sourceParentNotFound,
  unitNotEmpty,
  unitNotFound,
} from './errors.ts';
import {
  ChildId,
  EXAMPLE,
  OrganizationalUnit,
  organizationsTarget,
  ParentId,
  pageInput,
  pageOutput,
  pagination,
  shared,
  Tags,
  UnitId,
  UnitName,
} from './shapes.ts';

export const CreateOrganizationalUnit = defineOperation({
  ...shared,
  name: 'CreateOrganizationalUnit',
  doc: 'Makes an organizational unit under a root or a unit.',
  input: structure({ ParentId, Name: UnitName, Tags: Tags.optional() }),
  output: structure({ OrganizationalUnit }),
  errors: {
    ...notInUse,
    ...parentNotFound,
    ...duplicateUnit,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: {
    action: 'organizations:CreateOrganizationalUnit',
    resource: 'organizations:ou',
    conditions: ['aws:RequestTag/*', 'aws:TagKeys'],
  },
  effect: 'write',
  aws: organizationsTarget('CreateOrganizationalUnit'),
  examples: [{ title: 'under the root', input: { ParentId: EXAMPLE.root, Name: 'Business' } }],
});

export const DescribeOrganizationalUnit = defineOperation({
  ...shared,
  name: 'DescribeOrganizationalUnit',
  doc: 'Describes an organizational unit.',
  input: structure({ OrganizationalUnitId: UnitId }),
  output: structure({ OrganizationalUnit }),
  errors: { ...notInUse, ...unitNotFound },
  authz: { action: 'organizations:DescribeOrganizationalUnit', resource: 'organizations:ou' },
  effect: 'read',
  aws: organizationsTarget('DescribeOrganizationalUnit'),
  examples: [{ title: 'by id', input: { OrganizationalUnitId: EXAMPLE.unit } }],
});

export const UpdateOrganizationalUnit = defineOperation({
  ...shared,
  name: 'UpdateOrganizationalUnit',
  doc: 'Renames an organizational unit. Its id, and so every path and policy that names it, stays.',
  input: structure({ OrganizationalUnitId: UnitId, Name: UnitName.optional() }),
  output: structure({ OrganizationalUnit }),
  errors: { ...notInUse, ...unitNotFound, ...duplicateUnit, ...concurrentModification },
  authz: { action: 'organizations:UpdateOrganizationalUnit', resource: 'organizations:ou' },
  effect: 'write',
  aws: organizationsTarget('UpdateOrganizationalUnit'),
  examples: [{ title: 'rename', input: { OrganizationalUnitId: EXAMPLE.unit, Name: 'Commerce' } }],
});

export const DeleteOrganizationalUnit = defineOperation({
  ...shared,
  name: 'DeleteOrganizationalUnit',
  doc: 'Deletes an organizational unit that holds no units and no accounts, closed ones included.',
  input: structure({ OrganizationalUnitId: UnitId }),
  errors: { ...notInUse, ...unitNotFound, ...unitNotEmpty, ...concurrentModification },
  authz: { action: 'organizations:DeleteOrganizationalUnit', resource: 'organizations:ou' },
  effect: 'write',
  aws: organizationsTarget('DeleteOrganizationalUnit'),
  examples: [{ title: 'delete', input: { OrganizationalUnitId: EXAMPLE.unit } }],
});

export const MoveOrganizationalUnit = defineOperation({
  ...shared,
  name: 'MoveOrganizationalUnit',
  doc: 'Moves an organizational unit with everything under it to another parent. Every request is judged wholly before or wholly after the move.',
  input: structure({
    OrganizationalUnitId: UnitId,
    DestinationParentId: ParentId,
    /** Refused when the unit has another parent by now. */
    SourceParentId: ParentId.optional(),
  }),
  output: structure({ OrganizationalUnit }),
  errors: {
    ...notInUse,
    ...unitNotFound,
    ...sourceParentNotFound,
    ...destinationParentNotFound,
    ...duplicateUnit,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: { action: 'organizations:MoveOrganizationalUnit', resource: 'organizations:ou' },
  effect: 'write',
  examples: [{ title: 'move', input: { OrganizationalUnitId: EXAMPLE.unit, DestinationParentId: EXAMPLE.otherUnit } }],
});

export const ListOrganizationalUnitsForParent = defineOperation({
  ...shared,
  name: 'ListOrganizationalUnitsForParent',
  doc: 'Lists the units directly under a root or unit, in the order of their ids.',
  input: structure({ ParentId, ...pageInput }),
  output: structure({ OrganizationalUnits: list(OrganizationalUnit, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...parentNotFound, ...invalidInput },
  authz: { action: 'organizations:ListOrganizationalUnitsForParent', resource: 'organizations:ou' },
  effect: 'read',
  aws: organizationsTarget('ListOrganizationalUnitsForParent'),
  pagination,
  examples: [{ title: 'under the root', input: { ParentId: EXAMPLE.root } }],
});

export const ListChildren = defineOperation({
  ...shared,
  name: 'ListChildren',
  doc: 'Lists the ids of the units or of the accounts directly under a root or unit.',
  input: structure({ ParentId, ChildType: oneOf(['ACCOUNT', 'ORGANIZATIONAL_UNIT']), ...pageInput }),
  output: structure({
    Children: list(structure({ Id: ChildId, Type: oneOf(['ACCOUNT', 'ORGANIZATIONAL_UNIT']) }), 0, 1000),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...parentNotFound, ...invalidInput },
  authz: { action: 'organizations:ListChildren', resource: 'organizations:ou' },
  effect: 'read',
  aws: organizationsTarget('ListChildren'),
  pagination,
  examples: [{ title: 'accounts of the root', input: { ParentId: EXAMPLE.root, ChildType: 'ACCOUNT' } }],
});

export const ListParents = defineOperation({
  ...shared,
  name: 'ListParents',
  doc: 'Lists the parents of a unit or account: always one.',
  input: structure({ ChildId, ...pageInput }),
  output: structure({
    Parents: list(structure({ Id: ParentId, Type: oneOf(['ROOT', 'ORGANIZATIONAL_UNIT']) }), 0, 1),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...childNotFound, ...invalidInput },
  authz: { action: 'organizations:ListParents', resource: 'organizations:ou' },
  effect: 'read',
  aws: organizationsTarget('ListParents'),
  pagination,
  examples: [{ title: 'of a unit', input: { ChildId: EXAMPLE.unit } }],
});
