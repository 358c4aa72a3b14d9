/** Policies that are part of one user, group or role. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, structure } from '../../../platform/contract/shape.ts';
import { alreadyExists, limitExceeded, malformedPolicy, notFound } from './errors.ts';
import {
  Document,
  EXAMPLE_DOCUMENT,
  GroupName,
  iamQuery,
  PolicyName,
  pageInput,
  pageOutput,
  pagination,
  RoleName,
  UserName,
} from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery } as const;

export const PutUserPolicy = defineOperation({
  ...shared,
  name: 'PutUserPolicy',
  doc: 'Writes an inline policy of a user, replacing one of the same name.',
  input: structure({ UserName, PolicyName, PolicyDocument: Document }),
  errors: { ...notFound, ...alreadyExists, ...limitExceeded, ...malformedPolicy },
  authz: {
    action: 'iam:PutUserPolicy',
    resource: 'iam:user',
    beyondProject: true,
    conditions: ['iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'write', input: { UserName: 'alice', PolicyName: 'decrypt', PolicyDocument: EXAMPLE_DOCUMENT } }],
});

export const GetUserPolicy = defineOperation({
  ...shared,
  name: 'GetUserPolicy',
  doc: 'Reads an inline policy of a user.',
  input: structure({ UserName, PolicyName }),
  output: structure({ UserName, PolicyName, PolicyDocument: Document }),
  errors: notFound,
  authz: { action: 'iam:GetUserPolicy', resource: 'iam:user' },
  effect: 'read',
  examples: [{ title: 'read', input: { UserName: 'alice', PolicyName: 'decrypt' } }],
});

export const DeleteUserPolicy = defineOperation({
  ...shared,
  name: 'DeleteUserPolicy',
  doc: 'Deletes an inline policy of a user.',
  input: structure({ UserName, PolicyName }),
  errors: notFound,
  authz: {
    action: 'iam:DeleteUserPolicy',
    resource: 'iam:user',
    beyondProject: true,
    conditions: ['iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'delete', input: { UserName: 'alice', PolicyName: 'decrypt' } }],
});

export const ListUserPolicies = defineOperation({
  ...shared,
  name: 'ListUserPolicies',
  doc: 'Lists the names of the inline policies of a user.',
  input: structure({ UserName, ...pageInput }),
  output: structure({ PolicyNames: list(PolicyName, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListUserPolicies', resource: 'iam:user' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of alice', input: { UserName: 'alice' } }],
});

export const PutGroupPolicy = defineOperation({
  ...shared,
  name: 'PutGroupPolicy',
  doc: 'Writes an inline policy of a group, replacing one of the same name.',
  input: structure({ GroupName, PolicyName, PolicyDocument: Document }),
  errors: { ...notFound, ...alreadyExists, ...limitExceeded, ...malformedPolicy },
  authz: { action: 'iam:PutGroupPolicy', resource: 'iam:group', beyondProject: true },
  effect: 'write',
  examples: [
    { title: 'write', input: { GroupName: 'operators', PolicyName: 'decrypt', PolicyDocument: EXAMPLE_DOCUMENT } },
  ],
});

export const GetGroupPolicy = defineOperation({
  ...shared,
  name: 'GetGroupPolicy',
  doc: 'Reads an inline policy of a group.',
  input: structure({ GroupName, PolicyName }),
  output: structure({ GroupName, PolicyName, PolicyDocument: Document }),
  errors: notFound,
  authz: { action: 'iam:GetGroupPolicy', resource: 'iam:group' },
  effect: 'read',
  examples: [{ title: 'read', input: { GroupName: 'operators', PolicyName: 'decrypt' } }],
});

export const DeleteGroupPolicy = defineOperation({
  ...shared,
  name: 'DeleteGroupPolicy',
  doc: 'Deletes an inline policy of a group.',
  input: structure({ GroupName, PolicyName }),
  errors: notFound,
  authz: { action: 'iam:DeleteGroupPolicy', resource: 'iam:group', beyondProject: true },
  effect: 'write',
  examples: [{ title: 'delete', input: { GroupName: 'operators', PolicyName: 'decrypt' } }],
});

export const ListGroupPolicies = defineOperation({
  ...shared,
  name: 'ListGroupPolicies',
  doc: 'Lists the names of the inline policies of a group.',
  input: structure({ GroupName, ...pageInput }),
  output: structure({ PolicyNames: list(PolicyName, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListGroupPolicies', resource: 'iam:group' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of operators', input: { GroupName: 'operators' } }],
});

const ROLE_BOUNDARY = ['iam:PermissionsBoundary'] as const;

export const PutRolePolicy = defineOperation({
  ...shared,
  name: 'PutRolePolicy',
  doc: 'Writes an inline policy of a role, replacing one of the same name.',
  input: structure({ RoleName, PolicyName, PolicyDocument: Document }),
  errors: { ...notFound, ...alreadyExists, ...limitExceeded, ...malformedPolicy },
  authz: { action: 'iam:PutRolePolicy', resource: 'iam:role', beyondProject: true, conditions: ROLE_BOUNDARY },
  effect: 'write',
  examples: [
    { title: 'write', input: { RoleName: 'auditor', PolicyName: 'decrypt', PolicyDocument: EXAMPLE_DOCUMENT } },
  ],
});

export const GetRolePolicy = defineOperation({
  ...shared,
  name: 'GetRolePolicy',
  doc: 'Reads an inline policy of a role.',
  input: structure({ RoleName, PolicyName }),
  output: structure({ RoleName, PolicyName, PolicyDocument: Document }),
  errors: notFound,
  authz: { action: 'iam:GetRolePolicy', resource: 'iam:role' },
  effect: 'read',
  examples: [{ title: 'read', input: { RoleName: 'auditor', PolicyName: 'decrypt' } }],
});

export const DeleteRolePolicy = defineOperation({
  ...shared,
  name: 'DeleteRolePolicy',
  doc: 'Deletes an inline policy of a role.',
  input: structure({ RoleName, PolicyName }),
  errors: notFound,
  authz: { action: 'iam:DeleteRolePolicy', resource: 'iam:role', beyondProject: true, conditions: ROLE_BOUNDARY },
  effect: 'write',
  examples: [{ title: 'delete', input: { RoleName: 'auditor', PolicyName: 'decrypt' } }],
});

export const ListRolePolicies = defineOperation({
  ...shared,
  name: 'ListRolePolicies',
  doc: 'Lists the names of the inline policies of a role.',
  input: structure({ RoleName, ...pageInput }),
  output: structure({ PolicyNames: list(PolicyName, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListRolePolicies', resource: 'iam:role' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of auditor', input: { RoleName: 'auditor' } }],
});
