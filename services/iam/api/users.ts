/** Users: create, look up, rename, delete. */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, structure } from '../../../platform/contract/shape.ts';
import {
  alreadyExists,
  deleteConflict,
  intoProject,
  invalidInput,
  limitExceeded,
  notAttachable,
  notFound,
} from './errors.ts';
import {
  IamArn,
  iamQuery,
  NewUserName,
  Path,
  PathPrefix,
  pageInput,
  pageOutput,
  pagination,
  Tags,
  User,
  UserName,
} from './shapes.ts';

export const CreateUser = defineOperation({
  name: 'CreateUser',
  service: 'iam',
  doc: 'Makes a user without credentials and without permissions.',
  input: structure({
    UserName: NewUserName,
    Path: Path.optional(),
    PermissionsBoundary: IamArn.optional(),
    Tags: Tags.optional(),
    /** Default: the default project. */
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ User }),
  errors: { ...alreadyExists, ...limitExceeded, ...invalidInput, ...notFound, ...notAttachable, ...intoProject },
  authz: {
    action: 'iam:CreateUser',
    alsoChecks: ['iam:TagUser'],
    resource: 'iam:user',
    conditions: ['iam:PermissionsBoundary', 'aws:RequestTag/*', 'aws:TagKeys', 'parapet:EnterpriseProjectId'],
  },
  effect: 'write',
  audit: { class: 'management' },
  aws: iamQuery,
  examples: [{ title: 'a user with a tag', input: { UserName: 'alice', Tags: [{ Key: 'team', Value: 'billing' }] } }],
});

export const GetUser = defineOperation({
  name: 'GetUser',
  service: 'iam',
  doc: 'Describes a user; without a name, the caller.',
  input: structure({ UserName: UserName.optional() }),
  output: structure({ User }),
  errors: notFound,
  authz: { action: 'iam:GetUser', resource: 'iam:user' },
  effect: 'read',
  audit: { class: 'management' },
  aws: iamQuery,
  examples: [{ title: 'by name', input: { UserName: 'alice' } }],
});

export const ListUsers = defineOperation({
  name: 'ListUsers',
  service: 'iam',
  doc: 'Lists users, by name.',
  input: structure({ PathPrefix: PathPrefix.optional(), ...pageInput }),
  output: structure({ Users: list(User, 0, 1000), ...pageOutput }),
  authz: { action: 'iam:ListUsers', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  aws: iamQuery,
  pagination,
  examples: [{ title: 'first page', input: { MaxItems: 10 } }],
});

export const UpdateUser = defineOperation({
  name: 'UpdateUser',
  service: 'iam',
  doc: 'Renames or moves a user. The unique id stays; policies that name the old ARN no longer match.',
  input: structure({ UserName, NewPath: Path.optional(), NewUserName: NewUserName.optional() }),
  errors: { ...notFound, ...alreadyExists },
  authz: { action: 'iam:UpdateUser', resource: 'iam:user', beyondProject: true },
  effect: 'write',
  audit: { class: 'management' },
  aws: iamQuery,
  examples: [{ title: 'rename', input: { UserName: 'alice', NewUserName: 'alice.b' } }],
});

export const DeleteUser = defineOperation({
  name: 'DeleteUser',
  service: 'iam',
  doc: 'Deletes a user that has no keys, policies and groups. Its sessions end within a second.',
  input: structure({ UserName }),
  errors: { ...notFound, ...deleteConflict },
  authz: { action: 'iam:DeleteUser', resource: 'iam:user' },
  effect: 'write',
  audit: { class: 'management' },
  aws: iamQuery,
  examples: [{ title: 'delete', input: { UserName: 'alice' } }],
});
