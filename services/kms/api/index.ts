/** The operations of KMS: the only part of this service that others import. */
import * as aliases from './aliases.ts';
import * as batch from './batch.ts';
import * as configurations from './configurations.ts';
import * as crypto from './crypto.ts';
import * as dataKeys from './data-keys.ts';
import * as grants from './grants.ts';
import * as keys from './keys.ts';
import * as lifecycle from './lifecycle.ts';
import * as macs from './macs.ts';
import * as onBehalf from './on-behalf.ts';
import * as policies from './policies.ts';
import * as projects from './projects.ts';
import * as rootRotation from './root-rotation.ts';
import * as rotation from './rotation.ts';
import * as signatures from './signatures.ts';
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
  EnableKeyRotation: rotation.EnableKeyRotation,
  DisableKeyRotation: rotation.DisableKeyRotation,
  GetKeyRotationStatus: rotation.GetKeyRotationStatus,
  RotateKeyOnDemand: rotation.RotateKeyOnDemand,
  ListKeyRotations: rotation.ListKeyRotations,
  StartRootRotation: rootRotation.StartRootRotation,
  DescribeRootRotation: rootRotation.DescribeRootRotation,
  RetireRootVersion: rootRotation.RetireRootVersion,
  CreateAlias: aliases.CreateAlias,
  UpdateAlias: aliases.UpdateAlias,
  DeleteAlias: aliases.DeleteAlias,
  ListAliases: aliases.ListAliases,
  PutKeyPolicy: policies.PutKeyPolicy,
  GetKeyPolicy: policies.GetKeyPolicy,
  ListKeyPolicies: policies.ListKeyPolicies,
  CreateGrant: grants.CreateGrant,
  ListGrants: grants.ListGrants,
  ListRetirableGrants: grants.ListRetirableGrants,
  RevokeGrant: grants.RevokeGrant,
  RetireGrant: grants.RetireGrant,
  TagResource: tags.TagResource,
  UntagResource: tags.UntagResource,
  ListResourceTags: tags.ListResourceTags,
  MoveResource: projects.MoveResource,
  PreviewMoveResource: projects.PreviewMoveResource,
  ListResourcesInProject: projects.ListResourcesInProject,
  DescribeResourceFacts: projects.DescribeResourceFacts,
  ObtainDefaultKey: onBehalf.ObtainDefaultKey,
  Encrypt: crypto.Encrypt,
  Decrypt: crypto.Decrypt,
  ReEncrypt: crypto.ReEncrypt,
  GenerateDataKey: dataKeys.GenerateDataKey,
  GenerateDataKeyWithoutPlaintext: dataKeys.GenerateDataKeyWithoutPlaintext,
  GenerateDataKeyPair: dataKeys.GenerateDataKeyPair,
  GenerateDataKeyPairWithoutPlaintext: dataKeys.GenerateDataKeyPairWithoutPlaintext,
  GenerateRandom: dataKeys.GenerateRandom,
  BatchEncrypt: batch.BatchEncrypt,
  BatchDecrypt: batch.BatchDecrypt,
  BatchGenerateDataKey: batch.BatchGenerateDataKey,
  Sign: signatures.Sign,
  Verify: signatures.Verify,
  GetPublicKey: signatures.GetPublicKey,
  GenerateMac: macs.GenerateMac,
  VerifyMac: macs.VerifyMac,
  DescribeConfigurations: configurations.DescribeConfigurations,
  ListConfigurations: configurations.ListConfigurations,
} as const;
