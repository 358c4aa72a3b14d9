/** Limits of an account (spec iam 1.10): AWS's figures where they are counts, ours where self-hosting needs no limit. */
import { awsStrict, defaultLimits, type PolicyLimits } from '../../../policies/engine/index.ts';

export interface IamLimits {
  usersPerAccount: number;
  groupsPerAccount: number;
  groupsPerUser: number;
  rolesPerAccount: number;
  mfaDevicesPerOwner: number;
  mfaDevicesPerAccount: number;
  policiesPerAccount: number;
  versionsPerPolicy: number;
  attachedPoliciesPerUser: number;
  attachedPoliciesPerGroup: number;
  attachedPoliciesPerRole: number;
  accessKeysPerUser: number;
  tagsPerResource: number;
  inlineCharactersPerUser: number;
  inlineCharactersPerGroup: number;
  inlineCharactersPerRole: number;
  /** Inline and managed session policies and session tags together. */
  sessionCharacters: number;
  accounts: number;
  namespacesPerAccount: number;
  /** Disabled ones count; the default project does not. */
  enterpriseProjectsPerAccount: number;
  /** Policies in projects, of one user, group or role. */
  projectGrantsPerOwner: number;
  /** Size and grammar of one document. */
  document: PolicyLimits;
}

export const DEFAULT_LIMITS: IamLimits = {
  usersPerAccount: 5_000,
  groupsPerAccount: 500,
  groupsPerUser: 10,
  rolesPerAccount: 5_000,
  mfaDevicesPerOwner: 8,
  mfaDevicesPerAccount: 10_000,
  policiesPerAccount: 5_000,
  versionsPerPolicy: 5,
  attachedPoliciesPerUser: 20,
  attachedPoliciesPerGroup: 20,
  attachedPoliciesPerRole: 20,
  accessKeysPerUser: 2,
  tagsPerResource: 50,
  inlineCharactersPerUser: 262_144,
  inlineCharactersPerGroup: 262_144,
  inlineCharactersPerRole: 262_144,
  sessionCharacters: 65_536,
  accounts: 10_000,
  namespacesPerAccount: 100,
  enterpriseProjectsPerAccount: 500,
  projectGrantsPerOwner: 500,
  document: defaultLimits,
};

/** What AWS accepts: for installations whose policies must stay portable. */
export const AWS_STRICT_LIMITS: IamLimits = {
  ...DEFAULT_LIMITS,
  groupsPerAccount: 300,
  policiesPerAccount: 1_500,
  rolesPerAccount: 1_000,
  attachedPoliciesPerUser: 10,
  attachedPoliciesPerGroup: 10,
  attachedPoliciesPerRole: 10,
  inlineCharactersPerUser: 2_048,
  inlineCharactersPerGroup: 5_120,
  inlineCharactersPerRole: 10_240,
  sessionCharacters: 2_048,
  document: awsStrict,
};
