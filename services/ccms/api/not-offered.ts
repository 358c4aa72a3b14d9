/**
 * Operations of AWS that this product does not carry out: automatic rotation and replicas in other regions. They are
 * declared, decided and recorded like all others, and answer that they are not offered.
 */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, flag, integer, structure, text } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import { ForceFlag, named, Regions, ReplicaRegions, SecretId, VersionId } from './shapes.ts';

const onSecret = (name: string, ...conditions: string[]) => ({
  action: `secretsmanager:${name}`,
  resource: 'secretsmanager:secret',
  conditions: [...SECRET_CONDITIONS, ...conditions],
});

export const RotateSecret = defineOperation({
  ...vault('management'),
  name: 'RotateSecret',
  doc: 'Automatic rotation is not offered yet: answers InvalidRequest.',
  input: structure({
    SecretId,
    ClientRequestToken: VersionId.optional(),
    RotationLambdaARN: text(0, 2048).optional(),
    RotationRules: structure({
      AutomaticallyAfterDays: integer(1, 1000).optional(),
      Duration: text(2, 3, { pattern: /^[0-9]+h$/ }).optional(),
      ScheduleExpression: text(1, 256, { pattern: /^[0-9A-Za-z()#?*\-/, ]+$/ }).optional(),
    }).optional(),
    RotateImmediately: flag().optional(),
  }),
  output: structure({ ...named, VersionId: VersionId.optional() }),
  errors: changeErrors(),
  authz: onSecret(
    'RotateSecret',
    'secretsmanager:RotationLambdaARN',
    'secretsmanager:RotateImmediately',
    'secretsmanager:ModifyRotationRules',
  ),
  effect: 'write',
  aws: {
    protocol: 'json-1.1',
    target: `${TARGET}.RotateSecret`,
    unsupported: ['ExternalSecretRotationMetadata', 'ExternalSecretRotationRoleArn'],
  },
  examples: [
    { title: 'now', input: { SecretId: 'shop/db', ClientRequestToken: 'a1b2c3d4-5678-90ab-cdef-EXAMPLE33333' } },
  ],
});

export const CancelRotateSecret = defineOperation({
  ...vault('management'),
  name: 'CancelRotateSecret',
  doc: 'Automatic rotation is not offered yet, so there is none to cancel: answers InvalidRequest.',
  input: structure({ SecretId }),
  output: structure({ ...named, VersionId: VersionId.optional() }),
  errors: changeErrors(),
  authz: onSecret('CancelRotateSecret'),
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.CancelRotateSecret` },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});

export const ReplicateSecretToRegions = defineOperation({
  ...vault('management'),
  name: 'ReplicateSecretToRegions',
  doc: 'There is one region: answers InvalidRequest.',
  input: structure({ SecretId, AddReplicaRegions: ReplicaRegions, ForceOverwriteReplicaSecret: ForceFlag.optional() }),
  output: structure({ ARN: ArnText }),
  errors: changeErrors(),
  authz: onSecret(
    'ReplicateSecretToRegions',
    'secretsmanager:AddReplicaRegions',
    'secretsmanager:ForceOverwriteReplicaSecret',
  ),
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.ReplicateSecretToRegions` },
  examples: [{ title: 'to one', input: { SecretId: 'shop/db', AddReplicaRegions: [{ Region: 'eu-west-1' }] } }],
});

export const RemoveRegionsFromReplication = defineOperation({
  ...vault('management'),
  name: 'RemoveRegionsFromReplication',
  doc: 'There is one region: answers InvalidRequest.',
  input: structure({ SecretId, RemoveReplicaRegions: Regions }),
  output: structure({ ARN: ArnText }),
  errors: changeErrors(),
  authz: onSecret('RemoveRegionsFromReplication'),
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.RemoveRegionsFromReplication` },
  examples: [{ title: 'from one', input: { SecretId: 'shop/db', RemoveReplicaRegions: ['eu-west-1'] } }],
});

export const StopReplicationToReplica = defineOperation({
  ...vault('management'),
  name: 'StopReplicationToReplica',
  doc: 'There is one region, so no secret is a replica: answers InvalidRequest.',
  input: structure({ SecretId }),
  output: structure({ ARN: ArnText }),
  errors: changeErrors(),
  authz: onSecret('StopReplicationToReplica'),
  effect: 'write',
  aws: { protocol: 'json-1.1', target: `${TARGET}.StopReplicationToReplica` },
  examples: [{ title: 'by name', input: { SecretId: 'shop/db' } }],
});
