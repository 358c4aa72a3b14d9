/** Every handler of this service. */
import { batchGetSecretValue } from './batch-get-secret-value.ts';
import { createSecret } from './create-secret.ts';
import { deleteSecret, restoreSecret } from './delete-secret.ts';
import { describeRenewal } from './describe-renewal.ts';
import { describeSecret } from './describe-secret.ts';
import { getRandomPassword } from './get-random-password.ts';
import { getSecretValue } from './get-secret-value.ts';
import { listSecrets } from './list-secrets.ts';
import {
  cancelRotateSecret,
  removeRegionsFromReplication,
  replicateSecretToRegions,
  rotateSecret,
  stopReplicationToReplica,
} from './not-offered.ts';
import { describeConfigurations, listConfigurations } from './owned/configurations.ts';
import { describeResourceFacts, listResourcesInProject } from './owned/in-projects.ts';
import { moveResource, previewMoveResource } from './owned/move-resource.ts';
import { putSecretValue } from './put-secret-value.ts';
import {
  deleteResourcePolicy,
  getResourcePolicy,
  putResourcePolicy,
  validateResourcePolicy,
} from './resource-policy.ts';
import { tagResource, untagResource } from './tag-resource.ts';
import { createTarget, deleteTarget, updateTarget } from './targets/change-target.ts';
import { describeTarget, listTargets, testTarget } from './targets/read-targets.ts';
import { updateSecret } from './update-secret.ts';
import {
  diffSecretVersions,
  listSecretVersionIds,
  listSecretVersions,
  rollBackSecret,
  setSecretVersionExpiry,
  updateSecretVersionStage,
} from './versions.ts';

export const ccmsHandlers = [
  createSecret,
  describeSecret,
  updateSecret,
  listSecrets,
  getSecretValue,
  batchGetSecretValue,
  putSecretValue,
  getRandomPassword,
  listSecretVersionIds,
  updateSecretVersionStage,
  listSecretVersions,
  diffSecretVersions,
  rollBackSecret,
  setSecretVersionExpiry,
  deleteSecret,
  restoreSecret,
  putResourcePolicy,
  getResourcePolicy,
  deleteResourcePolicy,
  validateResourcePolicy,
  tagResource,
  untagResource,
  rotateSecret,
  cancelRotateSecret,
  replicateSecretToRegions,
  removeRegionsFromReplication,
  stopReplicationToReplica,
  createTarget,
  describeTarget,
  listTargets,
  updateTarget,
  testTarget,
  deleteTarget,
  moveResource,
  previewMoveResource,
  listResourcesInProject,
  describeResourceFacts,
  describeRenewal,
  describeConfigurations,
  listConfigurations,
] as const;
