/** The operations of KMS: the only part of this service that others import. */
import * as aliases from './aliases.ts';
import * as configurations from './configurations.ts';
import * as crypto from './crypto.ts';
import * as dataKeys from './data-keys.ts';
import * as keys from './keys.ts';
import * as lifecycle from './lifecycle.ts';
import * as onBehalf from './on-behalf.ts';
import * as policies from './policies.ts';
import * as projects from './projects.ts';
import * as tags from './tags.ts';

export const kmsOperations = {
  CreateKey: keys.CreateKey,
  DescribeKey: keys.DescribeKey,
  ListKeys: keys.ListKeys,
  UpdateKeyDescription: keys.UpdateKeyDescription,
  EnableKey: lifecycle.EnableKey,
  DisableKey: lifecycle.DisableKey,
  ScheduleKeyDeletion: lifecycle.ScheduleKeyDeletion,
  CancelKeyDeletion: lifecycle.CancelKeyDeletion,
  CreateAlias: aliases.CreateAlias,
  UpdateAlias: aliases.UpdateAlias,
  DeleteAlias: aliases.DeleteAlias,
  ListAliases: aliases.ListAliases,
  PutKeyPolicy: policies.PutKeyPolicy,
  GetKeyPolicy: policies.GetKeyPolicy,
  ListKeyPolicies: policies.ListKeyPolicies,
  TagResource: tags.TagResource,
  UntagResource: tags.UntagResource,
  ListResourceTags: tags.ListResourceTags,
  MoveResource: projects.MoveResource,
  PreviewMoveResource: projects.PreviewMoveResource,
  ListResourcesInProject: projects.ListResourcesInProject,
  ObtainDefaultKey: onBehalf.ObtainDefaultKey,
  Encrypt: crypto.Encrypt,
  Decrypt: crypto.Decrypt,
  ReEncrypt: crypto.ReEncrypt,
  GenerateDataKey: dataKeys.GenerateDataKey,
  GenerateDataKeyWithoutPlaintext: dataKeys.GenerateDataKeyWithoutPlaintext,
  GenerateRandom: dataKeys.GenerateRandom,
  DescribeConfigurations: configurations.DescribeConfigurations,
  ListConfigurations: configurations.ListConfigurations,
} as const;
