/** Roles: identities without credentials, taken on for a while by whoever their trust policy lets in (AssumeRole). */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { integer, list, structure } from '../../../platform/contract/shape.ts';
import {
  alreadyExists,
  deleteConflict,
  intoProject,
  invalidInput,
  limitExceeded,
  malformedPolicy,
  notAttachable,
  notFound,
} from './errors.ts';
import {
  Description,
  Document,
  IamArn,
  iamQuery,
  Path,
  PathPrefix,
  pageInput,
  pageOutput,
  pagination,
  Role,
  RoleName,
  Tags,
} from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery } as const;

/** Seconds; the bounds of the AWS model. */
export const ROLE_SESSION_SECONDS = { min: 900, default: 3600, max: 43_200, chained: 3600 } as const;
const MaxSessionDuration = integer(3600, ROLE_SESSION_SECONDS.max);

/** Lets the users and roles of one account in, as far as their own policies allow it. */
export const EXAMPLE_TRUST =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:PrincipalAccount":"123456789012"}}}]}';

export const CreateRole = defineOperation({
  ...shared,
  name: 'CreateRole',
  doc: 'Makes a role without permissions. Its trust policy says who may assume it.',
  input: structure({
    RoleName,
    Path: Path.optional(),
    AssumeRolePolicyDocument: Document,
    Description: Description.optional(),
    /** Longest session, seconds; default an hour. */
    MaxSessionDuration: MaxSessionDuration.optional(),
    PermissionsBoundary: IamArn.optional(),
    Tags: Tags.optional(),
    /** Default: the default project. */
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ Role }),
  errors: {
    ...alreadyExists,
    ...limitExceeded,
    ...invalidInput,
    ...malformedPolicy,
    ...notFound,
    ...notAttachable,
    ...intoProject,
  },
  authz: {
    action: 'iam:CreateRole',
    resource: 'iam:role',
    beyondProject: true,
    conditions: ['iam:PermissionsBoundary', 'aws:RequestTag/*', 'aws:TagKeys', 'parapet:EnterpriseProjectId'],
  },
  effect: 'write',
  examples: [{ title: 'a role for auditors', input: { RoleName: 'auditor', AssumeRolePolicyDocument: EXAMPLE_TRUST } }],
});

export const GetRole = defineOperation({
  ...shared,
  name: 'GetRole',
  doc: 'Describes a role with its trust policy.',
  input: structure({ RoleName }),
  output: structure({ Role }),
  errors: notFound,
  authz: { action: 'iam:GetRole', resource: 'iam:role' },
  effect: 'read',
  examples: [{ title: 'by name', input: { RoleName: 'auditor' } }],
});

export const ListRoles = defineOperation({
  ...shared,
  name: 'ListRoles',
  doc: 'Lists roles, by name.',
  input: structure({ PathPrefix: PathPrefix.optional(), ...pageInput }),
  output: structure({ Roles: list(Role, 0, 1000), ...pageOutput }),
  authz: { action: 'iam:ListRoles', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'first page', input: { MaxItems: 10 } }],
});

export const UpdateRole = defineOperation({
  ...shared,
  name: 'UpdateRole',
  doc: 'Changes the description or the longest session of a role. Sessions that exist keep their end.',
  input: structure({
    RoleName,
    Description: Description.optional(),
    MaxSessionDuration: MaxSessionDuration.optional(),
  }),
  output: structure({}),
  errors: notFound,
  authz: { action: 'iam:UpdateRole', resource: 'iam:role' },
  effect: 'write',
  examples: [{ title: 'two hours', input: { RoleName: 'auditor', MaxSessionDuration: 7200 } }],
});

export const UpdateRoleDescription = defineOperation({
  ...shared,
  name: 'UpdateRoleDescription',
  doc: 'Changes the description of a role. UpdateRole does it too.',
  input: structure({ RoleName, Description }),
  output: structure({ Role }),
  errors: notFound,
  authz: { action: 'iam:UpdateRoleDescription', resource: 'iam:role' },
  effect: 'write',
  examples: [{ title: 'describe', input: { RoleName: 'auditor', Description: 'reads records' } }],
});

export const DeleteRole = defineOperation({
  ...shared,
  name: 'DeleteRole',
  doc: 'Deletes a role that has no policies. Its sessions end within a second.',
  input: structure({ RoleName }),
  errors: { ...notFound, ...deleteConflict },
  authz: { action: 'iam:DeleteRole', resource: 'iam:role' },
  effect: 'write',
  examples: [{ title: 'delete', input: { RoleName: 'auditor' } }],
});

export const UpdateAssumeRolePolicy = defineOperation({
  ...shared,
  name: 'UpdateAssumeRolePolicy',
  doc: 'Replaces the trust policy of a role. Sessions that exist go on; RevokeSessionsBefore ends them.',
  input: structure({ RoleName, PolicyDocument: Document }),
  errors: { ...notFound, ...malformedPolicy, ...limitExceeded },
  authz: { action: 'iam:UpdateAssumeRolePolicy', resource: 'iam:role', beyondProject: true },
  effect: 'write',
  examples: [{ title: 'trust an account', input: { RoleName: 'auditor', PolicyDocument: EXAMPLE_TRUST } }],
});

export const PutRolePermissionsBoundary = defineOperation({
  ...shared,
  name: 'PutRolePermissionsBoundary',
  doc: 'Limits a role to what the boundary policy also allows.',
  input: structure({ RoleName, PermissionsBoundary: IamArn }),
  errors: { ...notFound, ...notAttachable },
  authz: {
    action: 'iam:PutRolePermissionsBoundary',
    resource: 'iam:role',
    beyondProject: true,
    conditions: ['iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [
    {
      title: 'set',
      input: { RoleName: 'auditor', PermissionsBoundary: 'arn:aws:iam::123456789012:policy/decrypt' },
    },
  ],
});

export const DeleteRolePermissionsBoundary = defineOperation({
  ...shared,
  name: 'DeleteRolePermissionsBoundary',
  doc: 'Removes the permissions boundary of a role.',
  input: structure({ RoleName }),
  errors: notFound,
  authz: {
    action: 'iam:DeleteRolePermissionsBoundary',
    resource: 'iam:role',
    beyondProject: true,
    conditions: ['iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'remove', input: { RoleName: 'auditor' } }],
});
