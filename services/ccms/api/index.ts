/** The operations of the vault: the only part of this service that others import. */
import * as configurations from './configurations.ts';
import * as credentialRoles from './credential-roles.ts';
import * as grantPolicies from './grant-policies.ts';
import * as grants from './grants.ts';
import * as leases from './leases.ts';
import * as lifecycle from './lifecycle.ts';
import * as notOffered from './not-offered.ts';
import * as policies from './policies.ts';
import * as projects from './projects.ts';
import * as renewal from './renewal.ts';
import * as rotation from './rotation.ts';
import * as rotationFunctions from './rotation-functions.ts';
import * as secrets from './secrets.ts';
import * as tags from './tags.ts';
import * as targets from './targets.ts';
import * as values from './values.ts';
import * as versions from './versions.ts';
import * as watch from './watch.ts';
import * as wrapping from './wrapping.ts';

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
  RotateSecret: rotation.RotateSecret,
  CancelRotateSecret: rotation.CancelRotateSecret,
  PutRotationStrategy: rotation.PutRotationStrategy,
  DescribeRotation: rotation.DescribeRotation,
  ListRotationRuns: rotation.ListRotationRuns,
  PreviewRotation: rotation.PreviewRotation,
  ResumeRotation: rotation.ResumeRotation,
  AdoptRotation: rotation.AdoptRotation,
  AbandonRotation: rotation.AbandonRotation,
  ResetRotation: rotation.ResetRotation,
  ForgoRotation: rotation.ForgoRotation,
  RegisterRotationFunction: rotationFunctions.RegisterRotationFunction,
  DescribeRotationFunction: rotationFunctions.DescribeRotationFunction,
  ListRotationFunctions: rotationFunctions.ListRotationFunctions,
  DeregisterRotationFunction: rotationFunctions.DeregisterRotationFunction,
  ReplicateSecretToRegions: notOffered.ReplicateSecretToRegions,
  RemoveRegionsFromReplication: notOffered.RemoveRegionsFromReplication,
  StopReplicationToReplica: notOffered.StopReplicationToReplica,
  CreateTarget: targets.CreateTarget,
  DescribeTarget: targets.DescribeTarget,
  ListTargets: targets.ListTargets,
  UpdateTarget: targets.UpdateTarget,
  TestTarget: targets.TestTarget,
  DeleteTarget: targets.DeleteTarget,
  CreateSecretGrant: grants.CreateSecretGrant,
  DescribeSecretGrant: grants.DescribeSecretGrant,
  ListSecretGrants: grants.ListSecretGrants,
  ListReceivedSecretGrants: grants.ListReceivedSecretGrants,
  RevokeSecretGrant: grants.RevokeSecretGrant,
  WrapSecretValue: wrapping.WrapSecretValue,
  UnwrapSecretValue: wrapping.UnwrapSecretValue,
  LookUpWrapping: wrapping.LookUpWrapping,
  DescribeWrapping: wrapping.DescribeWrapping,
  ListWrappings: wrapping.ListWrappings,
  RevokeWrapping: wrapping.RevokeWrapping,
  WatchSecrets: watch.WatchSecrets,
  CreateCredentialRole: credentialRoles.CreateCredentialRole,
  DescribeCredentialRole: credentialRoles.DescribeCredentialRole,
  ListCredentialRoles: credentialRoles.ListCredentialRoles,
  UpdateCredentialRole: credentialRoles.UpdateCredentialRole,
  DeleteCredentialRole: credentialRoles.DeleteCredentialRole,
  IssueCredential: leases.IssueCredential,
  RenewLease: leases.RenewLease,
  RevokeLease: leases.RevokeLease,
  DescribeLease: leases.DescribeLease,
  ListLeases: leases.ListLeases,
  PreviewRevokeLeases: leases.PreviewRevokeLeases,
  RevokeLeases: leases.RevokeLeases,
  ForgetLease: leases.ForgetLease,
  ForgetLeases: leases.ForgetLeases,
  MoveResource: projects.MoveResource,
  PreviewMoveResource: projects.PreviewMoveResource,
  ListResourcesInProject: projects.ListResourcesInProject,
  DescribeResourceFacts: projects.DescribeResourceFacts,
  DescribeGrantPolicies: grantPolicies.DescribeGrantPolicies,
  DescribeRenewal: renewal.DescribeRenewal,
  DescribeConfigurations: configurations.DescribeConfigurations,
  ListConfigurations: configurations.ListConfigurations,
} as const;
