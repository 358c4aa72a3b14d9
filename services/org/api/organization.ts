/** The organization itself. An installation has one at most; it belongs to the management account. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, oneOf, structure } from '../../../platform/contract/shape.ts';
import {
  alreadyInOrganization,
  concurrentModification,
  constraint,
  handshakeConstraint,
  invalidInput,
  masterCannotLeave,
  notInUse,
  organizationNotEmpty,
} from './errors.ts';
import { Organization, organizationsTarget, pageInput, pageOutput, pagination, Root, shared } from './shapes.ts';

export const CreateOrganization = defineOperation({
  ...shared,
  name: 'CreateOrganization',
  doc: 'Makes the organization of the installation with one root; service control policies are enabled. Management account only.',
  input: structure({ FeatureSet: oneOf(['ALL', 'CONSOLIDATED_BILLING']).optional() }),
  output: structure({ Organization }),
  errors: { ...alreadyInOrganization, ...constraint, ...concurrentModification },
  authz: { action: 'organizations:CreateOrganization', resource: '*' },
  effect: 'write',
  aws: organizationsTarget('CreateOrganization'),
  examples: [{ title: 'all features', input: { FeatureSet: 'ALL' } }],
});

export const DescribeOrganization = defineOperation({
  ...shared,
  name: 'DescribeOrganization',
  doc: 'Describes the organization the account of the caller belongs to. Every member may ask.',
  input: structure({}),
  output: structure({ Organization }),
  errors: notInUse,
  authz: { action: 'organizations:DescribeOrganization', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('DescribeOrganization'),
  examples: [{ title: 'own organization', input: {} }],
});

export const DeleteOrganization = defineOperation({
  ...shared,
  name: 'DeleteOrganization',
  doc: 'Deletes the organization with its units and policies. Refused while it has members other than the management account.',
  input: structure({}),
  errors: { ...notInUse, ...organizationNotEmpty, ...concurrentModification },
  authz: { action: 'organizations:DeleteOrganization', resource: 'organizations:organization' },
  effect: 'write',
  aws: organizationsTarget('DeleteOrganization'),
  examples: [{ title: 'delete', input: {} }],
});

export const EnableAllFeatures = defineOperation({
  ...shared,
  name: 'EnableAllFeatures',
  doc: 'Refused: an organization of this product always has all features.',
  input: structure({}),
  output: structure({}),
  errors: { ...notInUse, ...handshakeConstraint },
  authz: { action: 'organizations:EnableAllFeatures', resource: 'organizations:organization' },
  effect: 'read',
  aws: organizationsTarget('EnableAllFeatures'),
  examples: [{ title: 'enable', input: {} }],
});

export const LeaveOrganization = defineOperation({
  ...shared,
  name: 'LeaveOrganization',
  doc: 'Takes the account of the caller out of the organization. Its guardrails end with it.',
  input: structure({}),
  errors: { ...notInUse, ...masterCannotLeave, ...constraint, ...concurrentModification },
  authz: { action: 'organizations:LeaveOrganization', resource: '*' },
  effect: 'write',
  aws: organizationsTarget('LeaveOrganization'),
  examples: [{ title: 'leave', input: {} }],
});

export const ListRoots = defineOperation({
  ...shared,
  name: 'ListRoots',
  doc: 'Lists the roots of the organization: always one.',
  input: structure({ ...pageInput }),
  output: structure({ Roots: list(Root, 0, 1), ...pageOutput }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListRoots', resource: '*' },
  effect: 'read',
  aws: organizationsTarget('ListRoots'),
  pagination,
  examples: [{ title: 'roots', input: {} }],
});
