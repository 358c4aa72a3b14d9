/** Every way in which a request can change or use one key, for tests of keys that refuse all of them. */
import type { KmsClient } from './harness.ts';

type Ask = (user: KmsClient, KeyId: string) => Promise<unknown>;

const policy = (arn: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${arn.split(':')[4]}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  });

export const accessTable: readonly (readonly [name: string, ask: Ask])[] = [
  ['DisableKey', (user, KeyId) => user.DisableKey({ KeyId })],
  ['EnableKey', (user, KeyId) => user.EnableKey({ KeyId })],
  ['ScheduleKeyDeletion', (user, KeyId) => user.ScheduleKeyDeletion({ KeyId })],
  ['CancelKeyDeletion', (user, KeyId) => user.CancelKeyDeletion({ KeyId })],
  ['UpdateKeyDescription', (user, KeyId) => user.UpdateKeyDescription({ KeyId, Description: 'mine' })],
  ['PutKeyPolicy', (user, KeyId) => user.PutKeyPolicy({ KeyId, Policy: policy(KeyId) })],
  [
    'PutKeyPolicy without the check',
    (user, KeyId) => user.PutKeyPolicy({ KeyId, Policy: policy(KeyId), BypassPolicyLockoutSafetyCheck: true }),
  ],
  ['TagResource', (user, KeyId) => user.TagResource({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] })],
  ['UntagResource', (user, KeyId) => user.UntagResource({ KeyId, TagKeys: ['a'] })],
  ['MoveResource', (user, ResourceArn) => user.MoveResource({ ResourceArn, EnterpriseProjectId: '0' })],
  ['CreateAlias', (user, TargetKeyId) => user.CreateAlias({ AliasName: 'alias/mine', TargetKeyId })],
  [
    'CreateAlias in the reserved names',
    (user, TargetKeyId) => user.CreateAlias({ AliasName: 'alias/aws/x', TargetKeyId }),
  ],
  ['UpdateAlias', (user, TargetKeyId) => user.UpdateAlias({ AliasName: 'alias/aws/secretsmanager', TargetKeyId })],
  ['DeleteAlias', (user) => user.DeleteAlias({ AliasName: 'alias/aws/secretsmanager' })],
  ['Encrypt', (user, KeyId) => user.Encrypt({ KeyId, Plaintext: Buffer.from('x') })],
  ['GenerateDataKey', (user, KeyId) => user.GenerateDataKey({ KeyId, KeySpec: 'AES_256' })],
  [
    'GenerateDataKeyWithoutPlaintext',
    (user, KeyId) => user.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: 'AES_256' }),
  ],
];
