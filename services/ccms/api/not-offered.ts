/**
 * Operations of AWS that this product does not carry out: replicas in other regions. They are declared, decided and
 * recorded like all others, and answer that they are not offered.
 */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, structure } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors } from './errors.ts';
import { TARGET, vault } from './service.ts';
import { ForceFlag, Regions, ReplicaRegions, SecretId } from './shapes.ts';

const onSecret = (name: string, ...conditions: string[]) => ({
  action: `secretsmanager:${name}`,
  resource: 'secretsmanager:secret',
  conditions: [...SECRET_CONDITIONS, ...conditions],
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
