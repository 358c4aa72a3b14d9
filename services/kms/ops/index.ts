/** Every handler of this service. */
import { batchDecrypt } from './batch-decrypt.ts';
import { batchEncrypt, batchGenerateDataKey } from './batch-encrypt.ts';
import { describeConfigurations, listConfigurations } from './configurations.ts';
import { createAlias } from './create-alias.ts';
import { createGrant } from './create-grant.ts';
import { createKey } from './create-key.ts';
import { decrypt } from './decrypt.ts';
import { obtainDefaultKey } from './default-keys.ts';
import { deleteAlias } from './delete-alias.ts';
import { describeKey } from './describe-key.ts';
import { disableKey, enableKey } from './enable-key.ts';
import { encrypt } from './encrypt.ts';
import { retireGrant, revokeGrant } from './end-grant.ts';
import { generateDataKey, generateDataKeyWithoutPlaintext } from './generate-data-key.ts';
import { generateDataKeyPair, generateDataKeyPairWithoutPlaintext } from './generate-data-key-pair.ts';
import { generateMac, verifyMac } from './generate-mac.ts';
import { generateRandom } from './generate-random.ts';
import { getKeyPolicy, listKeyPolicies } from './get-key-policy.ts';
import { getPublicKey } from './get-public-key.ts';
import {
  disableKeyRotation,
  enableKeyRotation,
  getKeyRotationStatus,
  listKeyRotations,
  rotateKeyOnDemand,
} from './key-rotation.ts';
import { listAliases } from './list-aliases.ts';
import { listGrants, listRetirableGrants } from './list-grants.ts';
import { listKeys } from './list-keys.ts';
import { listResourceTags } from './list-resource-tags.ts';
import { describeResourceFacts, listResourcesInProject, moveResource, previewMoveResource } from './projects.ts';
import { putKeyPolicy } from './put-key-policy.ts';
import { reEncrypt } from './re-encrypt.ts';
import { describeRootRotation, retireRootVersion, startRootRotation } from './root-rotation.ts';
import { cancelKeyDeletion, scheduleKeyDeletion } from './schedule-key-deletion.ts';
import { sign, verify } from './sign.ts';
import { tagResource, untagResource } from './tag-resource.ts';
import { updateAlias } from './update-alias.ts';
import { updateKeyDescription } from './update-key-description.ts';

export const kmsHandlers = [
  createKey,
  describeKey,
  listKeys,
  updateKeyDescription,
  enableKey,
  disableKey,
  scheduleKeyDeletion,
  cancelKeyDeletion,
  enableKeyRotation,
  disableKeyRotation,
  getKeyRotationStatus,
  rotateKeyOnDemand,
  listKeyRotations,
  startRootRotation,
  describeRootRotation,
  retireRootVersion,
  createAlias,
  updateAlias,
  deleteAlias,
  listAliases,
  putKeyPolicy,
  getKeyPolicy,
  listKeyPolicies,
  createGrant,
  listGrants,
  listRetirableGrants,
  revokeGrant,
  retireGrant,
  tagResource,
  untagResource,
  listResourceTags,
  moveResource,
  previewMoveResource,
  listResourcesInProject,
  describeResourceFacts,
  obtainDefaultKey,
  encrypt,
  decrypt,
  reEncrypt,
  generateDataKey,
  generateDataKeyWithoutPlaintext,
  generateDataKeyPair,
  generateDataKeyPairWithoutPlaintext,
  generateRandom,
  batchEncrypt,
  batchDecrypt,
  batchGenerateDataKey,
  sign,
  verify,
  getPublicKey,
  generateMac,
  verifyMac,
  describeConfigurations,
  listConfigurations,
] as const;
