/** Certificate authorities and certificates from elsewhere in enterprise projects: moving one, and who would gain or lose by it. */
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
import { AUTHORITY_EXAMPLE } from './authorities.ts';
import { AUTHORITY_CONDITIONS } from './conditions.ts';
import { changeErrors, readErrors } from './errors.ts';
import { pca } from './service.ts';
import { NextToken } from './shapes.ts';

const example = {
  ResourceArn: AUTHORITY_EXAMPLE,
  EnterpriseProjectId: '5f2c7d1a-8b34-4c1e-9d60-7e2f1a3b4c5d',
};

const onAuthority = <Name extends string>(name: Name) => ({
  action: `acm-pca:${name}`,
  resource: 'acm-pca:certificate-authority',
  conditions: AUTHORITY_CONDITIONS,
});

export const MoveResource = defineOperation({
  ...pca(),
  name: 'MoveResource',
  doc: 'Moves a certificate authority, or a certificate from elsewhere, into another enterprise project. Needs the permission in both projects.',
  input: structure(MoveInput),
  output: structure(MoveOutput),
  errors: changeErrors('EnterpriseProjectDisabled'),
  authz: onAuthority('MoveResource'),
  effect: 'write',
  examples: [{ title: 'into a project', input: example }],
});

export const PreviewMoveResource = defineOperation({
  ...pca(),
  name: 'PreviewMoveResource',
  doc: 'Who in the account (root user, users, roles) would gain or lose access to a certificate authority, or a certificate from elsewhere, by a move, decided as if each asked now, from where the caller asks, without a session. Changes nothing.',
  input: structure({ ...MoveInput, MaxResults: PageLimit.optional(), NextToken: NextToken.optional() }),
  output: structure({ ...MovePreview, NextToken: NextToken.optional() }),
  errors: readErrors('InvalidNextToken', 'EnterpriseProjectDisabled'),
  authz: onAuthority('PreviewMoveResource'),
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'MaxResults', defaultLimit: 200 },
  examples: [{ title: 'of a move', input: example }],
});

export const ListResourcesInProject = defineOperation({
  ...pca(),
  name: 'ListResourcesInProject',
  doc: 'The certificate authorities and the certificates from elsewhere of an account that are in an enterprise project, by id.',
  input: structure(ResourcesInput),
  output: structure(ResourcesOutput),
  authz: 'internal',
  effect: 'read',
  examples: [
    { title: 'of the default project', input: { AccountId: '123456789012', EnterpriseProjectId: '0', Limit: 100 } },
  ],
});

export const DescribeResourceFacts = defineOperation({
  ...pca(),
  name: 'DescribeResourceFacts',
  doc: 'Project and tags of certificate authorities and certificates of an account. What does not exist is left out.',
  input: structure(FactsInput),
  output: structure(FactsOutput),
  authz: 'internal',
  effect: 'read',
  examples: [{ title: 'of an authority', input: { AccountId: '123456789012', ResourceArns: [AUTHORITY_EXAMPLE] } }],
});
