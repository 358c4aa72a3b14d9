/** Tags of the root, units, accounts, policies and the resource policy. Keys are unique without letter case. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { structure } from '../../../platform/contract/shape.ts';
import { concurrentModification, constraint, invalidInput, notInUse, targetNotFound } from './errors.ts';
import { EXAMPLE, NextToken, organizationsTarget, pageOutput, shared, TaggableId, TagKeys, Tags } from './shapes.ts';

const errors = { ...notInUse, ...targetNotFound, ...constraint, ...invalidInput, ...concurrentModification };
const resource = 'organizations:ou';

export const TagResource = defineOperation({
  ...shared,
  name: 'TagResource',
  doc: 'Adds tags to a root, unit, account or policy, or replaces their values.',
  input: structure({ ResourceId: TaggableId, Tags }),
  errors,
  authz: { action: 'organizations:TagResource', resource, conditions: ['aws:RequestTag/*', 'aws:TagKeys'] },
  effect: 'write',
  aws: organizationsTarget('TagResource'),
  examples: [{ title: 'a unit', input: { ResourceId: EXAMPLE.unit, Tags: [{ Key: 'owner', Value: 'platform' }] } }],
});

export const UntagResource = defineOperation({
  ...shared,
  name: 'UntagResource',
  doc: 'Removes tags; keys that are not there are ignored.',
  input: structure({ ResourceId: TaggableId, TagKeys }),
  errors,
  authz: { action: 'organizations:UntagResource', resource, conditions: ['aws:TagKeys'] },
  effect: 'write',
  aws: organizationsTarget('UntagResource'),
  examples: [{ title: 'a unit', input: { ResourceId: EXAMPLE.unit, TagKeys: ['owner'] } }],
});

export const ListTagsForResource = defineOperation({
  ...shared,
  name: 'ListTagsForResource',
  doc: 'Lists the tags of a root, unit, account or policy.',
  input: structure({ ResourceId: TaggableId, NextToken: NextToken.optional() }),
  output: structure({ Tags, ...pageOutput }),
  errors: { ...notInUse, ...targetNotFound, ...invalidInput },
  authz: { action: 'organizations:ListTagsForResource', resource },
  effect: 'read',
  aws: organizationsTarget('ListTagsForResource'),
  examples: [{ title: 'of a unit', input: { ResourceId: EXAMPLE.unit } }],
});
