/** Grants in enterprise projects: a managed policy that a user, group or role has for the resources of one project. */
import { EnterpriseProjectId, projectDisabled } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, oneOf, structure, timestamp } from '../../../platform/contract/shape.ts';
import { EXAMPLE_PROJECT } from './enterprise-projects.ts';
import { limitExceeded, notFound } from './errors.ts';
import { Arn, GroupName, IamArn, PolicyName, pageInput, pageOutput, pagination, RoleName, UserName } from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' } } as const;

/** Exactly one of the three. */
const Grantee = {
  UserName: UserName.optional(),
  GroupName: GroupName.optional(),
  RoleName: RoleName.optional(),
};
const EXAMPLE = {
  EnterpriseProjectId: EXAMPLE_PROJECT,
  PolicyArn: 'arn:aws:iam::123456789012:policy/decrypt',
  GroupName: 'a-researchers',
};
const conditions = ['iam:PolicyARN', 'iam:PermissionsBoundary', 'parapet:EnterpriseProjectId'];

export const AttachProjectPolicy = defineOperation({
  ...shared,
  name: 'AttachProjectPolicy',
  doc: 'Gives a user, group or role a managed policy for the resources of one enterprise project. Again changes nothing.',
  input: structure({ EnterpriseProjectId, PolicyArn: IamArn, ...Grantee }),
  errors: { ...notFound, ...limitExceeded, ...projectDisabled('InvalidInput') },
  authz: { action: 'iam:AttachProjectPolicy', resource: 'iam:enterprise-project', conditions },
  effect: 'write',
  examples: [{ title: 'to a group', input: EXAMPLE }],
});

export const DetachProjectPolicy = defineOperation({
  ...shared,
  name: 'DetachProjectPolicy',
  doc: 'Takes a managed policy in one enterprise project away from a user, group or role.',
  input: structure({ EnterpriseProjectId, PolicyArn: IamArn, ...Grantee }),
  errors: notFound,
  authz: { action: 'iam:DetachProjectPolicy', resource: 'iam:enterprise-project', conditions },
  effect: 'write',
  examples: [{ title: 'from a group', input: EXAMPLE }],
});

export const ListProjectGrants = defineOperation({
  ...shared,
  name: 'ListProjectGrants',
  doc: 'Lists what is granted in an enterprise project: all of it, or what one user, group or role has.',
  input: structure({ EnterpriseProjectId, ...Grantee, ...pageInput }),
  output: structure({
    Grants: list(
      structure({
        GranteeType: oneOf(['User', 'Group', 'Role']),
        GranteeArn: Arn,
        PolicyName,
        PolicyArn: Arn,
        CreateDate: timestamp(),
      }),
      0,
      1000,
    ),
    ...pageOutput,
  }),
  errors: notFound,
  authz: {
    action: 'iam:ListProjectGrants',
    resource: 'iam:enterprise-project',
    conditions: ['parapet:EnterpriseProjectId'],
  },
  effect: 'read',
  pagination,
  examples: [{ title: 'all of them', input: { EnterpriseProjectId: EXAMPLE_PROJECT } }],
});
