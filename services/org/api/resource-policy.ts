/** The policy of the organization itself: it delegates policy administration to members. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, policyDocument, structure } from '../../../platform/contract/shape.ts';
import { concurrentModification, constraint, invalidInput, notInUse, resourcePolicyNotFound } from './errors.ts';
import { Arn, organizationsTarget, ResourcePolicyId, shared, Tags } from './shapes.ts';

const Content = policyDocument(40_000);
const ResourcePolicy = annotate(
  structure({ ResourcePolicySummary: structure({ Id: ResourcePolicyId, Arn }), Content }),
  { title: 'ResourcePolicy' },
);
const resource = 'organizations:resourcepolicy';

export const PutResourcePolicy = defineOperation({
  ...shared,
  name: 'PutResourcePolicy',
  doc: 'Writes the policy that lets members read the organization and administer its policies; never accounts or invitations.',
  input: structure({ Content, Tags: Tags.optional() }),
  output: structure({ ResourcePolicy }),
  errors: { ...notInUse, ...constraint, ...invalidInput, ...concurrentModification },
  authz: {
    action: 'organizations:PutResourcePolicy',
    resource,
    conditions: ['aws:RequestTag/*', 'aws:TagKeys'],
  },
  effect: 'write',
  aws: organizationsTarget('PutResourcePolicy'),
  examples: [
    {
      title: 'a member reads',
      input: {
        Content:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"organizations:ListPolicies","Resource":"*"}]}',
      },
    },
  ],
});

export const DescribeResourcePolicy = defineOperation({
  ...shared,
  name: 'DescribeResourcePolicy',
  doc: 'Answers the policy of the organization, as it was written.',
  input: structure({}),
  output: structure({ ResourcePolicy }),
  errors: { ...notInUse, ...resourcePolicyNotFound },
  authz: { action: 'organizations:DescribeResourcePolicy', resource },
  effect: 'read',
  aws: organizationsTarget('DescribeResourcePolicy'),
  examples: [{ title: 'read', input: {} }],
});

export const DeleteResourcePolicy = defineOperation({
  ...shared,
  name: 'DeleteResourcePolicy',
  doc: 'Deletes the policy of the organization; what it delegated ends.',
  input: structure({}),
  errors: { ...notInUse, ...resourcePolicyNotFound, ...concurrentModification },
  authz: { action: 'organizations:DeleteResourcePolicy', resource },
  effect: 'write',
  aws: organizationsTarget('DeleteResourcePolicy'),
  examples: [{ title: 'delete', input: {} }],
});
