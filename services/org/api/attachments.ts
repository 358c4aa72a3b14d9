/** Where policies are attached. Guardrails bind an account through every level from the root down. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { list, structure, text } from '../../../platform/contract/shape.ts';
import {
  concurrentModification,
  constraint,
  duplicateAttachment,
  invalidInput,
  notInUse,
  policyNotAttached,
  policyNotFound,
  policyTypeNotEnabled,
  targetNotFound,
} from './errors.ts';
import {
  Arn,
  AttachmentMode,
  EXAMPLE,
  NodeType,
  organizationsTarget,
  PolicyId,
  PolicySummary,
  PolicyType,
  pageInput,
  pageOutput,
  pagination,
  shared,
  TargetId,
} from './shapes.ts';

const conditions = ['organizations:PolicyType'] as const;
const resource = 'organizations:policy';
const example = { PolicyId: EXAMPLE.policy, TargetId: EXAMPLE.unit };

export const AttachPolicy = defineOperation({
  ...shared,
  name: 'AttachPolicy',
  doc: 'Attaches a policy to a root, unit or account. Needs the permission on the policy and on the target.',
  input: structure({
    PolicyId,
    TargetId,
    /** Default: enforce. */
    Mode: AttachmentMode.optional(),
  }),
  errors: {
    ...notInUse,
    ...policyNotFound,
    ...targetNotFound,
    ...duplicateAttachment,
    ...policyTypeNotEnabled,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: { action: 'organizations:AttachPolicy', resource, conditions },
  effect: 'write',
  aws: organizationsTarget('AttachPolicy'),
  examples: [{ title: 'to a unit', input: example }],
});

export const UpdatePolicyAttachment = defineOperation({
  ...shared,
  name: 'UpdatePolicyAttachment',
  doc: 'Changes the mode of an attachment: from observing to enforcing, or back.',
  input: structure({ PolicyId, TargetId, Mode: AttachmentMode }),
  errors: {
    ...notInUse,
    ...policyNotFound,
    ...targetNotFound,
    ...policyNotAttached,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: { action: 'organizations:UpdatePolicyAttachment', resource, conditions },
  effect: 'write',
  examples: [{ title: 'enforce', input: { ...example, Mode: 'enforce' } }],
});

export const DetachPolicy = defineOperation({
  ...shared,
  name: 'DetachPolicy',
  doc: 'Detaches a policy from a root, unit or account. The last enforced service control policy of a node stays: without one, everything would be denied.',
  input: structure({ PolicyId, TargetId }),
  errors: {
    ...notInUse,
    ...policyNotFound,
    ...targetNotFound,
    ...policyNotAttached,
    ...constraint,
    ...invalidInput,
    ...concurrentModification,
  },
  authz: { action: 'organizations:DetachPolicy', resource, conditions },
  effect: 'write',
  aws: organizationsTarget('DetachPolicy'),
  examples: [{ title: 'from a unit', input: example }],
});

export const ListPoliciesForTarget = defineOperation({
  ...shared,
  name: 'ListPoliciesForTarget',
  doc: 'Lists the policies of a type that are attached to a root, unit or account itself.',
  input: structure({ TargetId, Filter: PolicyType, ...pageInput }),
  output: structure({
    Policies: list(structure({ ...PolicySummary.shape, Mode: AttachmentMode }), 0, 1000),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...targetNotFound, ...invalidInput },
  authz: { action: 'organizations:ListPoliciesForTarget', resource: 'organizations:ou', conditions },
  effect: 'read',
  aws: organizationsTarget('ListPoliciesForTarget'),
  pagination,
  examples: [{ title: 'of a unit', input: { TargetId: EXAMPLE.unit, Filter: 'SERVICE_CONTROL_POLICY' } }],
});

export const ListTargetsForPolicy = defineOperation({
  ...shared,
  name: 'ListTargetsForPolicy',
  doc: 'Lists the roots, units and accounts a policy is attached to.',
  input: structure({ PolicyId, ...pageInput }),
  output: structure({
    Targets: list(structure({ TargetId, Arn, Name: text(1, 128), Type: NodeType, Mode: AttachmentMode }), 0, 1000),
    ...pageOutput,
  }),
  errors: { ...notInUse, ...policyNotFound, ...invalidInput },
  authz: { action: 'organizations:ListTargetsForPolicy', resource, conditions },
  effect: 'read',
  aws: organizationsTarget('ListTargetsForPolicy'),
  pagination,
  examples: [{ title: 'of a policy', input: { PolicyId: EXAMPLE.policy } }],
});
