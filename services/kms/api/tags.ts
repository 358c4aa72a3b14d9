/** Tags of keys. They take part in authorization (`aws:ResourceTag/*`), so they are guarded like the state. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { flag, list, PageLimit, PageToken, structure } from '../../../platform/contract/shape.ts';
import { KEY_CONDITIONS } from './conditions.ts';
import { managementErrors } from './errors.ts';
import { KeyIdRef, TagKey, Tags } from './shapes.ts';

const exampleKey = '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';

export const TagResource = defineOperation({
  name: 'TagResource',
  service: 'kms',
  doc: 'Adds tags to a key or changes their values.',
  input: structure({ KeyId: KeyIdRef, Tags }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState', 'LimitExceeded', 'InvalidTags'),
  authz: {
    action: 'kms:TagResource',
    resource: 'kms:key',
    conditions: [...KEY_CONDITIONS, 'aws:RequestTag/*', 'aws:TagKeys'],
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.TagResource' },
  examples: [{ title: 'one tag', input: { KeyId: exampleKey, Tags: [{ TagKey: 'app', TagValue: 'billing' }] } }],
});

export const UntagResource = defineOperation({
  name: 'UntagResource',
  service: 'kms',
  doc: 'Removes tags from a key; keys it does not have are ignored.',
  input: structure({ KeyId: KeyIdRef, TagKeys: list(TagKey, 0, 200) }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidState', 'InvalidTags'),
  authz: { action: 'kms:UntagResource', resource: 'kms:key', conditions: [...KEY_CONDITIONS, 'aws:TagKeys'] },
  effect: 'write',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.UntagResource' },
  examples: [{ title: 'one tag', input: { KeyId: exampleKey, TagKeys: ['app'] } }],
});

export const ListResourceTags = defineOperation({
  name: 'ListResourceTags',
  service: 'kms',
  doc: 'Lists the tags of a key, in the order of their names.',
  input: structure({ KeyId: KeyIdRef, Limit: PageLimit.optional(), Marker: PageToken.optional() }),
  output: structure({ Tags, NextMarker: PageToken.optional(), Truncated: flag() }),
  errors: managementErrors('NotFound', 'InvalidArn', 'InvalidMarker'),
  authz: { action: 'kms:ListResourceTags', resource: 'kms:key', conditions: KEY_CONDITIONS },
  effect: 'read',
  audit: { class: 'management' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ListResourceTags' },
  pagination: { token: 'Marker', nextToken: 'NextMarker', limit: 'Limit', more: 'Truncated', defaultLimit: 50 },
  examples: [{ title: 'by key id', input: { KeyId: exampleKey } }],
});
