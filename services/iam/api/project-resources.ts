/** What is in an enterprise project, and moving what iam owns from one to another. */
import {
  EnterpriseProjectId,
  MoveInput,
  MoveOutput,
  MovePreview,
  ProjectResource,
} from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, structure } from '../../../platform/contract/shape.ts';
import { EXAMPLE_PROJECT } from './enterprise-projects.ts';
import { intoProject, invalidInput, notFound, unmodifiable } from './errors.ts';
import { pageInput, pageOutput, pagination } from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' } } as const;
const conditions = ['parapet:EnterpriseProjectId', 'aws:ResourceTag/*'];
/** One of iam:user, iam:group, iam:role, iam:policy, iam:mfa and authz:namespace. */
const RESOURCE = 'iam:resource';
const EXAMPLE = {
  ResourceArn: 'arn:aws:iam::123456789012:user/alice',
  EnterpriseProjectId: EXAMPLE_PROJECT,
};

export const ListProjectResources = defineOperation({
  ...shared,
  name: 'ListProjectResources',
  doc: 'Lists the resources of every service that are in an enterprise project, service after service.',
  input: structure({ EnterpriseProjectId, ...pageInput }),
  output: structure({ Resources: list(ProjectResource, 0, 1000), ...pageOutput }),
  errors: notFound,
  authz: {
    action: 'iam:ListProjectResources',
    resource: 'iam:enterprise-project',
    conditions: ['parapet:EnterpriseProjectId'],
  },
  effect: 'read',
  pagination,
  examples: [{ title: 'of a project', input: { EnterpriseProjectId: EXAMPLE_PROJECT } }],
});

export const MoveResource = defineOperation({
  ...shared,
  name: 'MoveResource',
  doc: 'Moves a user, group, role, policy, MFA device or action namespace into another enterprise project. Needs the permission in both projects. What a user may do stays; who may change the user follows the project.',
  input: structure(MoveInput),
  output: structure(MoveOutput),
  errors: { ...intoProject, ...invalidInput, ...unmodifiable },
  authz: { action: 'iam:MoveResource', resource: RESOURCE, conditions },
  effect: 'write',
  examples: [{ title: 'a user', input: EXAMPLE }],
});

export const PreviewMoveResource = defineOperation({
  ...shared,
  name: 'PreviewMoveResource',
  doc: 'Who in the account (root user, users, roles) would gain or lose access to a user, group, role, policy, MFA device or action namespace by a move, decided as if each asked now, from where the caller asks, without a session. Changes nothing.',
  input: structure({ ...MoveInput, ...pageInput }),
  output: structure({ ...MovePreview, ...pageOutput }),
  errors: { ...intoProject, ...invalidInput, ...unmodifiable },
  authz: { action: 'iam:PreviewMoveResource', resource: RESOURCE, conditions },
  effect: 'read',
  pagination,
  examples: [{ title: 'of moving a user', input: EXAMPLE }],
});
