/** Tags of secrets. They take part in authorization (`aws:ResourceTag/*`), so they are guarded like the state. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, structure } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS, TAG_CONDITIONS } from './conditions.ts';
import { changeErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import { SecretId, TagKey, Tags } from './shapes.ts';

export const TagResource = defineOperation({
  ...vault('management'),
  name: 'TagResource',
  doc: 'Adds tags to a secret or changes their values. Refused when the caller would lose access by it.',
  input: structure({ SecretId, Tags }),
  errors: changeErrors(),
  authz: {
    action: 'secretsmanager:TagResource',
    resource: 'secretsmanager:secret',
    conditions: [...SECRET_CONDITIONS, ...TAG_CONDITIONS],
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.TagResource` },
  examples: [{ title: 'one tag', input: { SecretId: 'shop/db', Tags: [{ Key: 'app', Value: 'shop' }] } }],
});

export const UntagResource = defineOperation({
  ...vault('management'),
  name: 'UntagResource',
  doc: 'Removes tags from a secret; keys it does not have are ignored. Refused when the caller would lose access by it.',
  input: structure({ SecretId, TagKeys: list(TagKey, 0, 200) }),
  errors: changeErrors(),
  authz: {
    action: 'secretsmanager:UntagResource',
    resource: 'secretsmanager:secret',
    conditions: [...SECRET_CONDITIONS, 'aws:TagKeys'],
  },
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.UntagResource` },
  examples: [{ title: 'one tag', input: { SecretId: 'shop/db', TagKeys: ['app'] } }],
});
