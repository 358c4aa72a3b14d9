/** Groups and who belongs to them. */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, structure } from '../../../platform/contract/shape.ts';
import { alreadyExists, deleteConflict, intoProject, limitExceeded, notFound } from './errors.ts';
import {
  Group,
  GroupName,
  iamQuery,
  Path,
  PathPrefix,
  pageInput,
  pageOutput,
  pagination,
  User,
  UserName,
} from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' }, aws: iamQuery } as const;

export const CreateGroup = defineOperation({
  ...shared,
  name: 'CreateGroup',
  doc: 'Makes an empty group.',
  input: structure({ GroupName, Path: Path.optional(), EnterpriseProjectId: EnterpriseProjectId.optional() }),
  output: structure({ Group }),
  errors: { ...alreadyExists, ...limitExceeded, ...intoProject },
  authz: { action: 'iam:CreateGroup', resource: 'iam:group', conditions: ['parapet:EnterpriseProjectId'] },
  effect: 'write',
  examples: [{ title: 'a group', input: { GroupName: 'operators' } }],
});

export const GetGroup = defineOperation({
  ...shared,
  name: 'GetGroup',
  doc: 'Describes a group and lists its users.',
  input: structure({ GroupName, ...pageInput }),
  output: structure({ Group, Users: list(User, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:GetGroup', resource: 'iam:group' },
  effect: 'read',
  pagination,
  examples: [{ title: 'by name', input: { GroupName: 'operators' } }],
});

export const ListGroups = defineOperation({
  ...shared,
  name: 'ListGroups',
  doc: 'Lists groups, by name.',
  input: structure({ PathPrefix: PathPrefix.optional(), ...pageInput }),
  output: structure({ Groups: list(Group, 0, 1000), ...pageOutput }),
  authz: { action: 'iam:ListGroups', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'first page', input: {} }],
});

export const UpdateGroup = defineOperation({
  ...shared,
  name: 'UpdateGroup',
  doc: 'Renames or moves a group.',
  input: structure({ GroupName, NewPath: Path.optional(), NewGroupName: GroupName.optional() }),
  errors: { ...notFound, ...alreadyExists },
  authz: { action: 'iam:UpdateGroup', resource: 'iam:group' },
  effect: 'write',
  examples: [{ title: 'rename', input: { GroupName: 'operators', NewGroupName: 'operations' } }],
});

export const DeleteGroup = defineOperation({
  ...shared,
  name: 'DeleteGroup',
  doc: 'Deletes a group that has no users and no policies.',
  input: structure({ GroupName }),
  errors: { ...notFound, ...deleteConflict },
  authz: { action: 'iam:DeleteGroup', resource: 'iam:group' },
  effect: 'write',
  examples: [{ title: 'delete', input: { GroupName: 'operators' } }],
});

export const AddUserToGroup = defineOperation({
  ...shared,
  name: 'AddUserToGroup',
  doc: 'Gives a user the policies of a group. Adding a member again changes nothing.',
  input: structure({ GroupName, UserName }),
  errors: { ...notFound, ...limitExceeded },
  authz: { action: 'iam:AddUserToGroup', resource: 'iam:group', beyondProject: true },
  effect: 'write',
  examples: [{ title: 'add', input: { GroupName: 'operators', UserName: 'alice' } }],
});

export const RemoveUserFromGroup = defineOperation({
  ...shared,
  name: 'RemoveUserFromGroup',
  doc: 'Takes the policies of a group away from a user.',
  input: structure({ GroupName, UserName }),
  errors: notFound,
  authz: { action: 'iam:RemoveUserFromGroup', resource: 'iam:group', beyondProject: true },
  effect: 'write',
  examples: [{ title: 'remove', input: { GroupName: 'operators', UserName: 'alice' } }],
});

export const ListGroupsForUser = defineOperation({
  ...shared,
  name: 'ListGroupsForUser',
  doc: 'Lists the groups a user belongs to.',
  input: structure({ UserName, ...pageInput }),
  output: structure({ Groups: list(Group, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: { action: 'iam:ListGroupsForUser', resource: 'iam:user' },
  effect: 'read',
  pagination,
  examples: [{ title: 'groups of alice', input: { UserName: 'alice' } }],
});
