/** Managed policies and their versions (at most five kept, exactly one in force). */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { flag, list, oneOf, structure } from '../../../platform/contract/shape.ts';
import {
  alreadyExists,
  deleteConflict,
  intoProject,
  invalidInput,
  limitExceeded,
  malformedPolicy,
  notFound,
  unmodifiable,
} from './errors.ts';
import {
  Description,
  Document,
  EXAMPLE_DOCUMENT,
  IamArn,
  iamQuery,
  Path,
  PathPrefix,
  Policy,
  PolicyName,
  PolicyVersion,
  PolicyVersionId,
  pageInput,
  pageOutput,
  pagination,
  Tags,
} from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery } as const;
const PolicyArn = IamArn;
const EXAMPLE_ARN = 'arn:aws:iam::123456789012:policy/decrypt';

export const CreatePolicy = defineOperation({
  ...shared,
  name: 'CreatePolicy',
  doc: 'Makes a managed policy; the document becomes its version v1.',
  input: structure({
    PolicyName,
    Path: Path.optional(),
    PolicyDocument: Document,
    Description: Description.optional(),
    Tags: Tags.optional(),
    /** Default: the default project. */
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ Policy }),
  errors: { ...alreadyExists, ...limitExceeded, ...malformedPolicy, ...invalidInput, ...intoProject },
  authz: {
    action: 'iam:CreatePolicy',
    resource: 'iam:policy',
    conditions: ['aws:RequestTag/*', 'aws:TagKeys', 'parapet:EnterpriseProjectId'],
  },
  effect: 'write',
  examples: [{ title: 'a policy', input: { PolicyName: 'decrypt', PolicyDocument: EXAMPLE_DOCUMENT } }],
});

export const GetPolicy = defineOperation({
  ...shared,
  name: 'GetPolicy',
  doc: 'Describes a managed policy, shipped ones included.',
  input: structure({ PolicyArn }),
  output: structure({ Policy }),
  errors: notFound,
  authz: { action: 'iam:GetPolicy', resource: 'iam:policy' },
  effect: 'read',
  examples: [{ title: 'by ARN', input: { PolicyArn: EXAMPLE_ARN } }],
});

export const ListPolicies = defineOperation({
  ...shared,
  name: 'ListPolicies',
  doc: 'Lists managed policies: those of the account (Local), the shipped ones (AWS), or both.',
  input: structure({
    Scope: oneOf(['All', 'AWS', 'Local']).optional(),
    OnlyAttached: flag().optional(),
    PathPrefix: PathPrefix.optional(),
    PolicyUsageFilter: oneOf(['PermissionsPolicy', 'PermissionsBoundary']).optional(),
    ...pageInput,
  }),
  output: structure({ Policies: list(Policy, 0, 1000), ...pageOutput }),
  authz: { action: 'iam:ListPolicies', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'own policies', input: { Scope: 'Local' } }],
});

export const DeletePolicy = defineOperation({
  ...shared,
  name: 'DeletePolicy',
  doc: 'Deletes a policy that is attached nowhere and has no version but the default one.',
  input: structure({ PolicyArn }),
  errors: { ...notFound, ...deleteConflict, ...unmodifiable },
  authz: { action: 'iam:DeletePolicy', resource: 'iam:policy' },
  effect: 'write',
  examples: [{ title: 'delete', input: { PolicyArn: EXAMPLE_ARN } }],
});

export const CreatePolicyVersion = defineOperation({
  ...shared,
  name: 'CreatePolicyVersion',
  doc: 'Adds a version; it comes into force at once with SetAsDefault, otherwise by SetDefaultPolicyVersion.',
  input: structure({ PolicyArn, PolicyDocument: Document, SetAsDefault: flag().optional() }),
  output: structure({ PolicyVersion }),
  errors: { ...notFound, ...limitExceeded, ...malformedPolicy, ...unmodifiable },
  authz: { action: 'iam:CreatePolicyVersion', resource: 'iam:policy', beyondProject: true },
  effect: 'write',
  examples: [
    { title: 'replace', input: { PolicyArn: EXAMPLE_ARN, PolicyDocument: EXAMPLE_DOCUMENT, SetAsDefault: true } },
  ],
});

export const GetPolicyVersion = defineOperation({
  ...shared,
  name: 'GetPolicyVersion',
  doc: 'Reads one version of a managed policy with its document.',
  input: structure({ PolicyArn, VersionId: PolicyVersionId }),
  output: structure({ PolicyVersion }),
  errors: notFound,
  authz: { action: 'iam:GetPolicyVersion', resource: 'iam:policy' },
  effect: 'read',
  examples: [{ title: 'first version', input: { PolicyArn: EXAMPLE_ARN, VersionId: 'v1' } }],
});

export const ListPolicyVersions = defineOperation({
  ...shared,
  name: 'ListPolicyVersions',
  doc: 'Lists the versions of a managed policy, newest first, without documents.',
  input: structure({ PolicyArn, ...pageInput }),
  output: structure({ Versions: list(PolicyVersion, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListPolicyVersions', resource: 'iam:policy' },
  effect: 'read',
  pagination,
  examples: [{ title: 'all versions', input: { PolicyArn: EXAMPLE_ARN } }],
});

export const SetDefaultPolicyVersion = defineOperation({
  ...shared,
  name: 'SetDefaultPolicyVersion',
  doc: 'Brings a version into force for every user and group the policy is attached to.',
  input: structure({ PolicyArn, VersionId: PolicyVersionId }),
  errors: { ...notFound, ...unmodifiable },
  authz: { action: 'iam:SetDefaultPolicyVersion', resource: 'iam:policy', beyondProject: true },
  effect: 'write',
  examples: [{ title: 'back to v1', input: { PolicyArn: EXAMPLE_ARN, VersionId: 'v1' } }],
});

export const DeletePolicyVersion = defineOperation({
  ...shared,
  name: 'DeletePolicyVersion',
  doc: 'Deletes a version that is not the default one.',
  input: structure({ PolicyArn, VersionId: PolicyVersionId }),
  errors: { ...notFound, ...deleteConflict, ...unmodifiable },
  authz: { action: 'iam:DeletePolicyVersion', resource: 'iam:policy' },
  effect: 'write',
  examples: [{ title: 'delete v1', input: { PolicyArn: EXAMPLE_ARN, VersionId: 'v1' } }],
});
