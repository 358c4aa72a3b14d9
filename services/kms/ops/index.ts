/** Every handler of this service. */
import { describeConfigurations, listConfigurations } from './configurations.ts';
import { createAlias } from './create-alias.ts';
import { createKey } from './create-key.ts';
import { decrypt } from './decrypt.ts';
import { obtainDefaultKey } from './default-keys.ts';
import { deleteAlias } from './delete-alias.ts';
import { describeKey } from './describe-key.ts';
import { disableKey, enableKey } from './enable-key.ts';
import { encrypt } from './encrypt.ts';
import { generateDataKey, generateDataKeyWithoutPlaintext } from './generate-data-key.ts';
import { generateRandom } from './generate-random.ts';
import { getKeyPolicy, listKeyPolicies } from './get-key-policy.ts';
import { listAliases } from './list-aliases.ts';
import { listKeys } from './list-keys.ts';
import { listResourceTags } from './list-resource-tags.ts';
import { listResourcesInProject, moveResource, previewMoveResource } from './projects.ts';
import { putKeyPolicy } from './put-key-policy.ts';
import { reEncrypt } from './re-encrypt.ts';
import { cancelKeyDeletion, scheduleKeyDeletion } from './schedule-key-deletion.ts';
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
  createAlias,
  updateAlias,
  deleteAlias,
  listAliases,
  putKeyPolicy,
  getKeyPolicy,
  listKeyPolicies,
  tagResource,
  untagResource,
  listResourceTags,
  moveResource,
  previewMoveResource,
  listResourcesInProject,
  obtainDefaultKey,
  encrypt,
  decrypt,
  reEncrypt,
  generateDataKey,
  generateDataKeyWithoutPlaintext,
  generateRandom,
  describeConfigurations,
  listConfigurations,
] as const;
