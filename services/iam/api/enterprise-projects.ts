/** Enterprise projects: resource groups inside an account. Disabled, never deleted: records and bills name them. */
import { EnterpriseProjectId, projectDisabled } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, list, oneOf, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { alreadyExists, invalidInput, limitExceeded, notFound } from './errors.ts';
import { Arn, pageInput, pageOutput, pagination } from './shapes.ts';

const shared = { service: 'iam', audit: { class: 'management' } } as const;

/** Letters, digits, `_` and `-`, nothing that contains "default"; unique in the account without letter case. */
export const ProjectName = text(1, 255, {
  pattern: /^(?!.*[dD][eE][fF][aA][uU][lL][tT])[A-Za-z0-9_-]+$/,
});
export const ProjectDescription = text(0, 512, { pattern: /^(?:[\t\n\r]|[^\p{C}])*$/u });

export const EXAMPLE_PROJECT = '5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d';

export const EnterpriseProject = annotate(
  structure({
    /** `0` for the default project of the account. */
    EnterpriseProjectId,
    Arn,
    /** `default` for the default project; no other one can be called so. */
    Name: text(1, 255),
    Description: ProjectDescription,
    Status: oneOf(['Enabled', 'Disabled']),
    /** Absent for the default project, which is as old as the account. */
    CreateDate: timestamp().optional(),
    UpdateDate: timestamp().optional(),
  }),
  { title: 'EnterpriseProject' },
);

const answer = structure({ EnterpriseProject });
const changeErrors = { ...notFound, ...invalidInput };
const authz = (name: string) => ({
  action: `iam:${name}`,
  resource: 'iam:enterprise-project',
  conditions: ['parapet:EnterpriseProjectId'],
});

export const CreateEnterpriseProject = defineOperation({
  ...shared,
  name: 'CreateEnterpriseProject',
  doc: 'Makes an enterprise project without resources and without grants.',
  input: structure({ Name: ProjectName, Description: ProjectDescription.optional() }),
  output: answer,
  errors: { ...alreadyExists, ...limitExceeded },
  authz: { action: 'iam:CreateEnterpriseProject', resource: '*' },
  effect: 'write',
  examples: [{ title: 'a department', input: { Name: 'a-research', Description: 'research of subsidiary A' } }],
});

export const DescribeEnterpriseProject = defineOperation({
  ...shared,
  name: 'DescribeEnterpriseProject',
  doc: 'Describes an enterprise project of the account.',
  input: structure({ EnterpriseProjectId }),
  output: answer,
  errors: notFound,
  authz: authz('DescribeEnterpriseProject'),
  effect: 'read',
  examples: [{ title: 'by id', input: { EnterpriseProjectId: EXAMPLE_PROJECT } }],
});

export const ListEnterpriseProjects = defineOperation({
  ...shared,
  name: 'ListEnterpriseProjects',
  doc: 'Lists the enterprise projects of the account: the default one first, then the others by name.',
  input: structure({ Status: oneOf(['Enabled', 'Disabled']).optional(), ...pageInput }),
  output: structure({ EnterpriseProjects: list(EnterpriseProject, 0, 1000), ...pageOutput }),
  authz: { action: 'iam:ListEnterpriseProjects', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'those that take resources', input: { Status: 'Enabled' } }],
});

export const UpdateEnterpriseProject = defineOperation({
  ...shared,
  name: 'UpdateEnterpriseProject',
  doc: 'Renames or describes an enterprise project. The id stays, and with it everything that names the project.',
  input: structure({
    EnterpriseProjectId,
    Name: ProjectName.optional(),
    Description: ProjectDescription.optional(),
  }),
  output: answer,
  errors: { ...changeErrors, ...alreadyExists, ...projectDisabled('InvalidInput') },
  authz: authz('UpdateEnterpriseProject'),
  effect: 'write',
  examples: [{ title: 'rename', input: { EnterpriseProjectId: EXAMPLE_PROJECT, Name: 'a-research-2' } }],
});

export const DisableEnterpriseProject = defineOperation({
  ...shared,
  name: 'DisableEnterpriseProject',
  doc: 'Stops an enterprise project from taking resources, changes and new grants. What is in it, and who may use it, stays.',
  input: structure({ EnterpriseProjectId }),
  output: answer,
  errors: changeErrors,
  authz: authz('DisableEnterpriseProject'),
  effect: 'write',
  examples: [{ title: 'by id', input: { EnterpriseProjectId: EXAMPLE_PROJECT } }],
});

export const EnableEnterpriseProject = defineOperation({
  ...shared,
  name: 'EnableEnterpriseProject',
  doc: 'Lets a disabled enterprise project take resources again.',
  input: structure({ EnterpriseProjectId }),
  output: answer,
  errors: changeErrors,
  authz: authz('EnableEnterpriseProject'),
  effect: 'write',
  examples: [{ title: 'by id', input: { EnterpriseProjectId: EXAMPLE_PROJECT } }],
});
