/** Guardrail policies: service control policies (what principals may at most do) and resource control policies. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import {
  concurrentModification,
  constraint,
  duplicatePolicy,
  effectivePolicyNotFound,
  invalidInput,
  malformedPolicy,
  notInUse,
  policyInUse,
  policyNotFound,
  policyTypeAlreadyEnabled,
  policyTypeNotAvailable,
  policyTypeNotEnabled,
  rootNotFound,
  targetNotFound,
} from './errors.ts';
import {
  Content,
  Description,
  EXAMPLE,
  organizationsTarget,
  Policy,
  PolicyId,
  PolicyName,
  PolicySummary,
  PolicyType,
  pageInput,
  pageOutput,
  pagination,
  Root,
  RootId,
  shared,
  Tags,
  TargetId,
} from './shapes.ts';

const conditions = ['organizations:PolicyType'] as const;

export const CreatePolicy = defineOperation({
  ...shared,
  name: 'CreatePolicy',
  doc: 'Makes a policy. It binds nobody until it is attached.',
  input: structure({ Content, Description, Name: PolicyName, Type: PolicyType, Tags: Tags.optional() }),
  output: structure({ Policy }),
  errors: {
    ...notInUse,
    ...duplicatePolicy,
    ...malformedPolicy,
    ...policyTypeNotAvailable,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: {
    action: 'organizations:CreatePolicy',
    resource: '*',
    conditions: [...conditions, 'aws:RequestTag/*', 'aws:TagKeys'],
  },
  effect: 'write',
  aws: organizationsTarget('CreatePolicy'),
  examples: [
    {
      title: 'a guardrail',
      input: {
        Content: EXAMPLE.document,
        Description: 'Keys are not deleted',
        Name: 'keep-keys',
        Type: 'SERVICE_CONTROL_POLICY',
      },
    },
  ],
});

export const UpdatePolicy = defineOperation({
  ...shared,
  name: 'UpdatePolicy',
  doc: 'Replaces name, description or document of a policy; a new document is in force at once wherever it is attached.',
  input: structure({
    PolicyId,
    Name: PolicyName.optional(),
    Description: Description.optional(),
    Content: Content.optional(),
  }),
  output: structure({ Policy }),
  errors: {
    ...notInUse,
    ...policyNotFound,
    ...duplicatePolicy,
    ...malformedPolicy,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: { action: 'organizations:UpdatePolicy', resource: 'organizations:policy', conditions },
  effect: 'write',
  aws: organizationsTarget('UpdatePolicy'),
  examples: [{ title: 'rename', input: { PolicyId: EXAMPLE.policy, Name: 'keep-all-keys' } }],
});

export const DeletePolicy = defineOperation({
  ...shared,
  name: 'DeletePolicy',
  doc: 'Deletes a policy that is attached nowhere.',
  input: structure({ PolicyId }),
  errors: { ...notInUse, ...policyNotFound, ...policyInUse, ...invalidInput, ...concurrentModification },
  authz: { action: 'organizations:DeletePolicy', resource: 'organizations:policy', conditions },
  effect: 'write',
  aws: organizationsTarget('DeletePolicy'),
  examples: [{ title: 'delete', input: { PolicyId: EXAMPLE.policy } }],
});

export const DescribePolicy = defineOperation({
  ...shared,
  name: 'DescribePolicy',
  doc: 'Describes a policy with its document, shipped ones included.',
  input: structure({ PolicyId }),
  output: structure({ Policy }),
  errors: { ...notInUse, ...policyNotFound },
  authz: { action: 'organizations:DescribePolicy', resource: 'organizations:policy', conditions },
  effect: 'read',
  aws: organizationsTarget('DescribePolicy'),
  examples: [{ title: 'by id', input: { PolicyId: EXAMPLE.policy } }],
});

export const ListPolicies = defineOperation({
  ...shared,
  name: 'ListPolicies',
  doc: 'Lists the policies of a type, shipped ones first.',
  input: structure({ Filter: PolicyType, ...pageInput }),
  output: structure({ Policies: list(PolicySummary, 0, 1000), ...pageOutput }),
  errors: { ...notInUse, ...invalidInput },
  authz: { action: 'organizations:ListPolicies', resource: '*', conditions },
  effect: 'read',
  aws: organizationsTarget('ListPolicies'),
  pagination,
  examples: [{ title: 'service control policies', input: { Filter: 'SERVICE_CONTROL_POLICY' } }],
});

export const EnablePolicyType = defineOperation({
  ...shared,
  name: 'EnablePolicyType',
  doc: 'Puts a policy type in force for the root: its full-access policy is attached to every root, unit and account.',
  input: structure({ RootId, PolicyType }),
  output: structure({ Root }),
  errors: {
    ...notInUse,
    ...rootNotFound,
    ...policyTypeAlreadyEnabled,
    ...policyTypeNotAvailable,
    ...concurrentModification,
  },
  authz: { action: 'organizations:EnablePolicyType', resource: 'organizations:root', conditions },
  effect: 'write',
  aws: organizationsTarget('EnablePolicyType'),
  examples: [{ title: 'resource control', input: { RootId: EXAMPLE.root, PolicyType: 'RESOURCE_CONTROL_POLICY' } }],
});

export const DisablePolicyType = defineOperation({
  ...shared,
  name: 'DisablePolicyType',
  doc: 'Takes a policy type out of force: every policy of the type is detached everywhere; the policies stay.',
  input: structure({ RootId, PolicyType }),
  output: structure({ Root }),
  errors: { ...notInUse, ...rootNotFound, ...policyTypeNotEnabled, ...concurrentModification },
  authz: { action: 'organizations:DisablePolicyType', resource: 'organizations:root', conditions },
  effect: 'write',
  aws: organizationsTarget('DisablePolicyType'),
  examples: [{ title: 'resource control', input: { RootId: EXAMPLE.root, PolicyType: 'RESOURCE_CONTROL_POLICY' } }],
});

export const DescribeEffectivePolicy = defineOperation({
  ...shared,
  name: 'DescribeEffectivePolicy',
  doc: 'The merged management policy of an account. Guardrails do not merge; they are refused here.',
  input: structure({
    PolicyType: text(1, 64, { pattern: /^[A-Z0-9_]+$/ }),
    /** Default: the account of the caller. */
    TargetId: TargetId.optional(),
  }),
  output: structure({
    EffectivePolicy: structure({
      PolicyContent: Content,
      LastUpdatedTimestamp: timestamp(),
      TargetId,
      PolicyType: text(1, 64),
    }).optional(),
  }),
  errors: { ...notInUse, ...targetNotFound, ...effectivePolicyNotFound, ...invalidInput },
  authz: { action: 'organizations:DescribeEffectivePolicy', resource: 'organizations:account', conditions },
  effect: 'read',
  aws: organizationsTarget('DescribeEffectivePolicy'),
  examples: [{ title: 'own tag policy', input: { PolicyType: 'TAG_POLICY' } }],
});
