/** Managed policies attached to users, groups and roles, and as permissions boundary of users. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, oneOf, structure } from '../../../platform/contract/shape.ts';
import { limitExceeded, notAttachable, notFound } from './errors.ts';
import {
  AttachedPolicy,
  GroupName,
  IamArn,
  iamQuery,
  Path,
  PathPrefix,
  pageInput,
  pageOutput,
  pagination,
  RoleName,
  UniqueId,
  UserName,
} from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery } as const;
const PolicyArn = IamArn;
const EXAMPLE_ARN = 'arn:aws:iam::123456789012:policy/decrypt';
const attachErrors = { ...notFound, ...limitExceeded, ...notAttachable };

export const AttachUserPolicy = defineOperation({
  ...shared,
  name: 'AttachUserPolicy',
  doc: 'Attaches a managed policy to a user. Attaching it again changes nothing.',
  input: structure({ UserName, PolicyArn }),
  errors: attachErrors,
  authz: {
    action: 'iam:AttachUserPolicy',
    resource: 'iam:user',
    beyondProject: true,
    conditions: ['iam:PolicyARN', 'iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'attach', input: { UserName: 'alice', PolicyArn: EXAMPLE_ARN } }],
});

export const DetachUserPolicy = defineOperation({
  ...shared,
  name: 'DetachUserPolicy',
  doc: 'Detaches a managed policy from a user.',
  input: structure({ UserName, PolicyArn }),
  errors: notFound,
  authz: {
    action: 'iam:DetachUserPolicy',
    resource: 'iam:user',
    beyondProject: true,
    conditions: ['iam:PolicyARN', 'iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'detach', input: { UserName: 'alice', PolicyArn: EXAMPLE_ARN } }],
});

export const AttachGroupPolicy = defineOperation({
  ...shared,
  name: 'AttachGroupPolicy',
  doc: 'Attaches a managed policy to a group. Attaching it again changes nothing.',
  input: structure({ GroupName, PolicyArn }),
  errors: attachErrors,
  authz: { action: 'iam:AttachGroupPolicy', resource: 'iam:group', beyondProject: true, conditions: ['iam:PolicyARN'] },
  effect: 'write',
  examples: [{ title: 'attach', input: { GroupName: 'operators', PolicyArn: EXAMPLE_ARN } }],
});

export const DetachGroupPolicy = defineOperation({
  ...shared,
  name: 'DetachGroupPolicy',
  doc: 'Detaches a managed policy from a group.',
  input: structure({ GroupName, PolicyArn }),
  errors: notFound,
  authz: { action: 'iam:DetachGroupPolicy', resource: 'iam:group', beyondProject: true, conditions: ['iam:PolicyARN'] },
  effect: 'write',
  examples: [{ title: 'detach', input: { GroupName: 'operators', PolicyArn: EXAMPLE_ARN } }],
});

export const AttachRolePolicy = defineOperation({
  ...shared,
  name: 'AttachRolePolicy',
  doc: 'Attaches a managed policy to a role. Attaching it again changes nothing.',
  input: structure({ RoleName, PolicyArn }),
  errors: attachErrors,
  authz: {
    action: 'iam:AttachRolePolicy',
    resource: 'iam:role',
    beyondProject: true,
    conditions: ['iam:PolicyARN', 'iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'attach', input: { RoleName: 'auditor', PolicyArn: EXAMPLE_ARN } }],
});

export const DetachRolePolicy = defineOperation({
  ...shared,
  name: 'DetachRolePolicy',
  doc: 'Detaches a managed policy from a role.',
  input: structure({ RoleName, PolicyArn }),
  errors: notFound,
  authz: {
    action: 'iam:DetachRolePolicy',
    resource: 'iam:role',
    beyondProject: true,
    conditions: ['iam:PolicyARN', 'iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'detach', input: { RoleName: 'auditor', PolicyArn: EXAMPLE_ARN } }],
});

export const ListAttachedRolePolicies = defineOperation({
  ...shared,
  name: 'ListAttachedRolePolicies',
  doc: 'Lists the managed policies attached to a role.',
  input: structure({ RoleName, PathPrefix: PathPrefix.optional(), ...pageInput }),
  output: structure({ AttachedPolicies: list(AttachedPolicy, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListAttachedRolePolicies', resource: 'iam:role' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of auditor', input: { RoleName: 'auditor' } }],
});

export const ListAttachedUserPolicies = defineOperation({
  ...shared,
  name: 'ListAttachedUserPolicies',
  doc: 'Lists the managed policies attached to a user itself, not those of its groups.',
  input: structure({ UserName, PathPrefix: PathPrefix.optional(), ...pageInput }),
  output: structure({ AttachedPolicies: list(AttachedPolicy, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListAttachedUserPolicies', resource: 'iam:user' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of alice', input: { UserName: 'alice' } }],
});

export const ListAttachedGroupPolicies = defineOperation({
  ...shared,
  name: 'ListAttachedGroupPolicies',
  doc: 'Lists the managed policies attached to a group.',
  input: structure({ GroupName, PathPrefix: PathPrefix.optional(), ...pageInput }),
  output: structure({ AttachedPolicies: list(AttachedPolicy, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListAttachedGroupPolicies', resource: 'iam:group' },
  effect: 'read',
  pagination,
  examples: [{ title: 'of operators', input: { GroupName: 'operators' } }],
});

export const ListEntitiesForPolicy = defineOperation({
  ...shared,
  name: 'ListEntitiesForPolicy',
  doc: 'Lists the users, groups and roles of the account that a managed policy binds.',
  input: structure({
    PolicyArn,
    EntityFilter: oneOf(['User', 'Role', 'Group', 'LocalManagedPolicy', 'AWSManagedPolicy']).optional(),
    PathPrefix: Path.optional(),
    PolicyUsageFilter: oneOf(['PermissionsPolicy', 'PermissionsBoundary']).optional(),
    ...pageInput,
  }),
  output: structure({
    PolicyGroups: list(structure({ GroupName, GroupId: UniqueId }), 0, 1000),
    PolicyUsers: list(structure({ UserName, UserId: UniqueId }), 0, 1000),
    PolicyRoles: list(structure({ RoleName, RoleId: UniqueId }), 0, 1000),
    ...pageOutput,
  }),
  errors: notFound,
  authz: { action: 'iam:ListEntitiesForPolicy', resource: 'iam:policy' },
  effect: 'read',
  pagination,
  examples: [{ title: 'who has it', input: { PolicyArn: EXAMPLE_ARN } }],
});

export const PutUserPermissionsBoundary = defineOperation({
  ...shared,
  name: 'PutUserPermissionsBoundary',
  doc: 'Limits a user to what the boundary policy also allows.',
  input: structure({ UserName, PermissionsBoundary: IamArn }),
  errors: { ...notFound, ...notAttachable },
  authz: {
    action: 'iam:PutUserPermissionsBoundary',
    resource: 'iam:user',
    beyondProject: true,
    conditions: ['iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'set', input: { UserName: 'alice', PermissionsBoundary: EXAMPLE_ARN } }],
});

export const DeleteUserPermissionsBoundary = defineOperation({
  ...shared,
  name: 'DeleteUserPermissionsBoundary',
  doc: 'Removes the permissions boundary of a user.',
  input: structure({ UserName }),
  errors: notFound,
  authz: {
    action: 'iam:DeleteUserPermissionsBoundary',
    resource: 'iam:user',
    beyondProject: true,
    conditions: ['iam:PermissionsBoundary'],
  },
  effect: 'write',
  examples: [{ title: 'remove', input: { UserName: 'alice' } }],
});
