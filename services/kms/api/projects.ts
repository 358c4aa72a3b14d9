/** Keys in enterprise projects: moving them, and who would gain or lose by it. */
import {
  FactsInput,
  FactsOutput,
  MoveInput,
  MoveOutput,
  MovePreview,
  ResourcesInput,
  ResourcesOutput,
} from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { flag, PageLimit, PageToken, structure } from '../../../platform/contract/shape.ts';
import { KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';

const example = {
  ResourceArn: 'arn:aws:kms:local-1:123456789012:key/0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0',
  EnterpriseProjectId: '5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d',
};

export const MoveResource = defineOperation({
  name: 'MoveResource',
  service: 'kms',
  doc: 'Moves a key, and its aliases with it, into another enterprise project. Needs the permission in both projects.',
  input: structure(MoveInput),
  output: structure(MoveOutput),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState', 'EnterpriseProjectDisabled'),
  authz: { action: 'kms:MoveResource', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'write',
  audit: { class: 'management' },
  examples: [{ title: 'into a project', input: example }],
});

export const PreviewMoveResource = defineOperation({
  name: 'PreviewMoveResource',
  service: 'kms',
  doc: 'Who in the account (root user, users, roles) would gain or lose access to a key by a move, decided as if each asked now, from where the caller asks, without a session. Changes nothing.',
  input: structure({ ...MoveInput, Limit: PageLimit.optional(), Marker: PageToken.optional() }),
  output: structure({ ...MovePreview, NextMarker: PageToken.optional(), Truncated: flag() }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidMarker', 'EnterpriseProjectDisabled'),
  authz: { action: 'kms:PreviewMoveResource', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 200 },
  examples: [{ title: 'of a move', input: example }],
});

export const ListResourcesInProject = defineOperation({
  name: 'ListResourcesInProject',
  service: 'kms',
  doc: 'The keys of an account that are in an enterprise project, by id.',
  input: structure(ResourcesInput),
  output: structure(ResourcesOutput),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  examples: [
    { title: 'of the default project', input: { AccountId: '123456789012', EnterpriseProjectId: '0', Limit: 100 } },
  ],
});

export const DescribeResourceFacts = defineOperation({
  name: 'DescribeResourceFacts',
  service: 'kms',
  doc: 'Project and tags of keys and aliases of an account. What does not exist is left out.',
  input: structure(FactsInput),
  output: structure(FactsOutput),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'data' },
  examples: [{ title: 'of a key', input: { AccountId: '123456789012', ResourceArns: [example.ResourceArn] } }],
});
