/** Every handler of this service. */
import { batchGetSecretValue } from './batch-get-secret-value.ts';
import { createSecret } from './create-secret.ts';
import { createSecretGrant } from './create-secret-grant.ts';
import { deleteSecret, restoreSecret } from './delete-secret.ts';
import { describeRenewal } from './describe-renewal.ts';
import { describeSecret } from './describe-secret.ts';
import { getRandomPassword } from './get-random-password.ts';
import { getSecretValue } from './get-secret-value.ts';
import { describeGrantPolicies } from './grant-policies.ts';
import {
  createCredentialRole,
  deleteCredentialRole,
  describeCredentialRole,
  listCredentialRoles,
  updateCredentialRole,
} from './leases/credential-roles.ts';
import { issueCredential } from './leases/issue-credential.ts';
import { forgetLeases, listLeases, previewRevokeLeases, revokeLeases } from './leases/many-leases.ts';
import { describeLease, forgetLease, renewLease, revokeLease } from './leases/one-lease.ts';
import { describeSecretGrant, listReceivedSecretGrants, listSecretGrants } from './list-secret-grants.ts';
import { listSecrets } from './list-secrets.ts';
import { describeWrapping, listWrappings, revokeWrapping } from './list-wrappings.ts';
import { removeRegionsFromReplication, replicateSecretToRegions, stopReplicationToReplica } from './not-offered.ts';
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
import { revokeSecretGrant } from './revoke-secret-grant.ts';
import { cancelRotateSecret } from './rotation/cancel-rotate-secret.ts';
import { describeRotation, listRotationRuns, previewRotation } from './rotation/describe-rotation.ts';
import {
  deregisterRotationFunction,
  describeRotationFunction,
  listRotationFunctions,
  registerRotationFunction,
} from './rotation/functions.ts';
import {
  abandonRotation,
  adoptRotation,
  forgoRotation,
  resetRotation,
  resumeRotation,
} from './rotation/operator-acts.ts';
import { putRotationStrategy } from './rotation/put-rotation-strategy.ts';
import { rotateSecret } from './rotation/rotate-secret.ts';
import { tagResource, untagResource } from './tag-resource.ts';
import { createTarget, deleteTarget, updateTarget } from './targets/change-target.ts';
import { describeTarget, listTargets, testTarget } from './targets/read-targets.ts';
import { lookUpWrapping, unwrapSecretValue } from './unwrap-secret-value.ts';
import { updateSecret } from './update-secret.ts';
import {
  diffSecretVersions,
  listSecretVersionIds,
  listSecretVersions,
  rollBackSecret,
  setSecretVersionExpiry,
  updateSecretVersionStage,
} from './versions.ts';
import { watchSecrets } from './watch-secrets.ts';
import { wrapSecretValue } from './wrap-secret-value.ts';

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
  putRotationStrategy,
  describeRotation,
  listRotationRuns,
  previewRotation,
  resumeRotation,
  adoptRotation,
  abandonRotation,
  resetRotation,
  forgoRotation,
  registerRotationFunction,
  describeRotationFunction,
  listRotationFunctions,
  deregisterRotationFunction,
  replicateSecretToRegions,
  removeRegionsFromReplication,
  stopReplicationToReplica,
  createTarget,
  describeTarget,
  listTargets,
  updateTarget,
  testTarget,
  deleteTarget,
  createSecretGrant,
  describeSecretGrant,
  listSecretGrants,
  listReceivedSecretGrants,
  revokeSecretGrant,
  wrapSecretValue,
  unwrapSecretValue,
  lookUpWrapping,
  describeWrapping,
  listWrappings,
  revokeWrapping,
  watchSecrets,
  createCredentialRole,
  describeCredentialRole,
  listCredentialRoles,
  updateCredentialRole,
  deleteCredentialRole,
  issueCredential,
  renewLease,
  revokeLease,
  describeLease,
  listLeases,
  previewRevokeLeases,
  revokeLeases,
  forgetLease,
  forgetLeases,
  moveResource,
  previewMoveResource,
  listResourcesInProject,
  describeResourceFacts,
  describeGrantPolicies,
  describeRenewal,
  describeConfigurations,
  listConfigurations,
] as const;
