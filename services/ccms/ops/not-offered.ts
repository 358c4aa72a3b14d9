/** Operations that are decided and recorded like all others, and answer that there is no such thing here. */

import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import {
  RemoveRegionsFromReplication,
  ReplicateSecretToRegions,
  StopReplicationToReplica,
} from '../api/not-offered.ts';
import type { CcmsDeps } from '../deps.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { type Condition, requireLive, resolveSecret } from './secret-access.ts';

const implement = implementFor<CcmsDeps>();

type Refused = AnyOperation & { errors: typeof ReplicateSecretToRegions.errors };

function refuse(call: Call<Refused>, secret: SecretRecord, message: string, hint: string): never {
  requireLive(call, secret);
  throw call.fail('InvalidRequest', message, { hint });
}

const ONE_REGION = 'replicas in other regions are not offered';

export const replicateSecretToRegions = implement(ReplicateSecretToRegions, {
  resolve(call, input, deps) {
    const regions = input.AddReplicaRegions.flatMap(({ Region }) => Region ?? []);
    const conditions: Condition[] = [['secretsmanager:AddReplicaRegions', regions]];
    if (input.ForceOverwriteReplicaSecret !== undefined)
      conditions.push(['secretsmanager:ForceOverwriteReplicaSecret', String(input.ForceOverwriteReplicaSecret)]);
    return resolveSecret(call, deps, input.SecretId, { conditions });
  },
  run: (call, _input, secret) => refuse(call, secret, ONE_REGION, 'there is one region'),
});

export const removeRegionsFromReplication = implement(RemoveRegionsFromReplication, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  run: (call, _input, secret) => refuse(call, secret, 'the secret has no replicas', 'there is nothing to remove'),
});

export const stopReplicationToReplica = implement(StopReplicationToReplica, {
  resolve: (call, input, deps) => resolveSecret(call, deps, input.SecretId),
  run: (call, _input, secret) => refuse(call, secret, 'the secret is not a replica', 'there is nothing to stop'),
});
