/** The operations of the vault: the only part of this service that others import. */
import * as configurations from './configurations.ts';
import * as lifecycle from './lifecycle.ts';
import * as notOffered from './not-offered.ts';
import * as policies from './policies.ts';
import * as projects from './projects.ts';
import * as renewal from './renewal.ts';
import * as secrets from './secrets.ts';
import * as tags from './tags.ts';
import * as targets from './targets.ts';
import * as values from './values.ts';
import * as versions from './versions.ts';

export const ccmsOperations = {
  CreateSecret: secrets.CreateSecret,
  DescribeSecret: secrets.DescribeSecret,
  UpdateSecret: secrets.UpdateSecret,
  ListSecrets: secrets.ListSecrets,
  GetSecretValue: values.GetSecretValue,
  BatchGetSecretValue: values.BatchGetSecretValue,
  PutSecretValue: values.PutSecretValue,
  GetRandomPassword: values.GetRandomPassword,
  ListSecretVersionIds: versions.ListSecretVersionIds,
  UpdateSecretVersionStage: versions.UpdateSecretVersionStage,
  ListSecretVersions: versions.ListSecretVersions,
  DiffSecretVersions: versions.DiffSecretVersions,
  RollBackSecret: versions.RollBackSecret,
  SetSecretVersionExpiry: versions.SetSecretVersionExpiry,
  DeleteSecret: lifecycle.DeleteSecret,
  RestoreSecret: lifecycle.RestoreSecret,
  PutResourcePolicy: policies.PutResourcePolicy,
  GetResourcePolicy: policies.GetResourcePolicy,
  DeleteResourcePolicy: policies.DeleteResourcePolicy,
  ValidateResourcePolicy: policies.ValidateResourcePolicy,
  TagResource: tags.TagResource,
  UntagResource: tags.UntagResource,
  RotateSecret: notOffered.RotateSecret,
  CancelRotateSecret: notOffered.CancelRotateSecret,
  ReplicateSecretToRegions: notOffered.ReplicateSecretToRegions,
  RemoveRegionsFromReplication: notOffered.RemoveRegionsFromReplication,
  StopReplicationToReplica: notOffered.StopReplicationToReplica,
  CreateTarget: targets.CreateTarget,
  DescribeTarget: targets.DescribeTarget,
  ListTargets: targets.ListTargets,
  UpdateTarget: targets.UpdateTarget,
  TestTarget: targets.TestTarget,
  DeleteTarget: targets.DeleteTarget,
  MoveResource: projects.MoveResource,
  PreviewMoveResource: projects.PreviewMoveResource,
  ListResourcesInProject: projects.ListResourcesInProject,
  DescribeResourceFacts: projects.DescribeResourceFacts,
  DescribeRenewal: renewal.DescribeRenewal,
  DescribeConfigurations: configurations.DescribeConfigurations,
  ListConfigurations: configurations.ListConfigurations,
} as const;
