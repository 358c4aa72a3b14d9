/** What the vault owns in enterprise projects: moving it, and who would gain or lose by it. */
import {
  FactsInput,
  FactsOutput,
  MoveInput,
  MoveOutput,
  MovePreview,
  ResourcesInput,
  ResourcesOutput,
} from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { PageLimit, structure } from '../../../platform/contract/shape.ts';
import { SECRET_CONDITIONS } from './conditions.ts';
import { changeErrors, readErrors } from './errors.ts';
import { vault } from './service.ts';
import { NextToken } from './shapes.ts';

const example = {
  ResourceArn: 'arn:aws:secretsmanager:local-1:123456789012:secret:shop/db-a1B2c3',
  EnterpriseProjectId: '5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d',
};

export const MoveResource = defineOperation({
  ...vault('management'),
  name: 'MoveResource',
  doc: 'Moves a secret, a target or a credential role into another enterprise project. Needs the permission in both projects.',
  input: structure(MoveInput),
  output: structure(MoveOutput),
  errors: changeErrors('EnterpriseProjectDisabled'),
  authz: {
    action: 'secretsmanager:MoveResource',
    resource: 'secretsmanager:secret',
    conditions: SECRET_CONDITIONS,
  },
  effect: 'write',
  examples: [{ title: 'into a project', input: example }],
});

export const PreviewMoveResource = defineOperation({
  ...vault('management'),
  name: 'PreviewMoveResource',
  doc: 'Who in the account (root user, users, roles) would gain or lose access to a secret, target or credential role by a move, decided as if each asked now, from where the caller asks, without a session. Changes nothing.',
  input: structure({ ...MoveInput, MaxResults: PageLimit.optional(), NextToken: NextToken.optional() }),
  output: structure({ ...MovePreview, NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken', 'EnterpriseProjectDisabled'),
  authz: {
    action: 'secretsmanager:PreviewMoveResource',
    resource: 'secretsmanager:secret',
    conditions: SECRET_CONDITIONS,
  },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 200 },
  examples: [{ title: 'of a move', input: example }],
});

export const ListResourcesInProject = defineOperation({
  ...vault('management'),
  name: 'ListResourcesInProject',
  doc: 'What an account has in an enterprise project, kind by kind, each by id.',
  input: structure(ResourcesInput),
  output: structure(ResourcesOutput),
  authz: 'internal',
  effect: 'read',
  examples: [
    { title: 'of the default project', input: { AccountId: '123456789012', EnterpriseProjectId: '0', Limit: 100 } },
  ],
});

export const DescribeResourceFacts = defineOperation({
  ...vault('data'),
  name: 'DescribeResourceFacts',
  doc: 'Project and tags of resources of an account. What does not exist is left out.',
  input: structure(FactsInput),
  output: structure(FactsOutput),
  authz: 'internal',
  effect: 'read',
  examples: [{ title: 'of a secret', input: { AccountId: '123456789012', ResourceArns: [example.ResourceArn] } }],
});
