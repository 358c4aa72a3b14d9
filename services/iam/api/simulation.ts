/**
 * The policy simulator of AWS (Query protocol) over the evaluator that enforces. It also names the statements of
 * guardrails, takes callers that are sessions, and knows what the platform knows about a principal: its ARN, name and
 * tags stand in the context unless the request says otherwise. Policies, resources and context values are the
 * caller's experiment: the record keeps their size only.
 */
import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, flag, integer, list, oneOf, structure, text } from '../../../platform/contract/shape.ts';
import { invalidInput, notFound } from './errors.ts';
import { Arn, EXAMPLE_DOCUMENT, iamQuery, PolicyName, pageInput, pageOutput, pagination } from './shapes.ts';

const shared = { service: 'iam', aws: iamQuery, audit: { class: 'management' }, effect: 'read' } as const;

const SimulatedPolicy = text(1, 131_072, { audit: 'length' });
const Policies = list(SimulatedPolicy, 0, 256);
const ActionName = text(3, 128);
const ResourceName = text(1, 2048);
const ContextKeyName = text(5, 256);

const ContextEntry = structure({
  /** Required. */
  ContextKeyName: ContextKeyName.optional(),
  ContextKeyValues: list(text(0, 2048), 0, 256).optional(),
  /** A type that ends in `List` makes a multivalued key; so do several values. Default: `string`. */
  ContextKeyType: oneOf([
    'string',
    'stringList',
    'numeric',
    'numericList',
    'boolean',
    'booleanList',
    'ip',
    'ipList',
    'binary',
    'binaryList',
    'date',
    'dateList',
  ]).optional(),
});

const question = {
  /** Stands in for the permissions boundary of the principal; one document. */
  PermissionsBoundaryPolicyInputList: Policies.optional(),
  ActionNames: list(ActionName, 1, 256),
  /** Default: `*`. */
  ResourceArns: annotate(list(ResourceName, 0, 256), { audit: 'length' }).optional(),
  /** The policy of every resource that is named. */
  ResourcePolicy: SimulatedPolicy.optional(),
  /** ARN of the account that owns resources whose ARN has none; default: the caller's. */
  ResourceOwner: ResourceName.optional(),
  /** Who is matched with the principals of `ResourcePolicy`. */
  CallerArn: ResourceName.optional(),
  ContextEntries: annotate(list(ContextEntry, 0, 256), { audit: 'length' }).optional(),
  ...pageInput,
};

const Position = structure({ Line: integer(1, 10_000_000), Column: integer(1, 10_000_000) });
const Verdict = oneOf(['allowed', 'explicitDeny', 'implicitDeny']);

const MatchedStatement = structure({
  /** Name of the policy; `PolicyInputList.1` and the like for those of the request. */
  SourcePolicyId: text(1, 2048),
  SourcePolicyType: oneOf(['user', 'group', 'role', 'aws-managed', 'user-managed', 'resource', 'none']),
  StartPosition: Position,
  /** Behind the closing brace. */
  EndPosition: Position,
});

const reasons = {
  MatchedStatements: list(MatchedStatement, 0, 100_000),
  MissingContextValues: list(ContextKeyName, 0, 10_000),
  /** What each policy type says, where the resource belongs to another account than the caller. */
  EvalDecisionDetails: annotate(z.record(z.string().min(3).max(256), Verdict), { audit: 'plain' }).optional(),
  PermissionsBoundaryDecisionDetail: structure({ AllowedByPermissionsBoundary: flag() }).optional(),
};

export const EvaluationResult = structure({
  EvalActionName: ActionName,
  /** The resource, or `*` where several were named: `ResourceSpecificResults` then says it of each. */
  EvalResourceName: ResourceName,
  EvalDecision: Verdict,
  ...reasons,
  OrganizationsDecisionDetail: structure({ AllowedByOrganizations: flag() }).optional(),
  ResourceSpecificResults: list(
    structure({ EvalResourceName: ResourceName, EvalResourceDecision: Verdict, ...reasons }),
    0,
    256,
  ),
});

const simulated = structure({ EvaluationResults: list(EvaluationResult, 0, 1000), ...pageOutput });

const errors = {
  ...invalidInput,
  PolicyEvaluation: {
    status: 500,
    aws: 'PolicyEvaluation',
    doc: 'The policies could not be evaluated for an action; the message names it.',
  },
} as const;

export const SimulateCustomPolicy = defineOperation({
  ...shared,
  name: 'SimulateCustomPolicy',
  doc: 'What policies given as text would allow, evaluated as requests are.',
  input: structure({
    PolicyInputList: Policies,
    /** Service control policies by level, root first, account last. */
    OrderedOrganizationPolicyInputList: list(
      structure({ ServiceControlPolicyInputList: Policies.optional() }),
      0,
      7,
    ).optional(),
    ...question,
  }),
  output: simulated,
  errors,
  authz: { action: 'iam:SimulateCustomPolicy', resource: '*' },
  aws: { ...iamQuery, unsupported: ['ResourceHandlingOption'] },
  pagination,
  examples: [
    {
      title: 'one policy',
      input: { PolicyInputList: [EXAMPLE_DOCUMENT], ActionNames: ['kms:Decrypt', 'kms:Encrypt'] },
    },
  ],
});

const PolicyExclusion = structure({
  /** Every policy of the type. */
  PolicyType: oneOf(['inline', 'aws-managed', 'user-managed', 'permission-boundary', 'scp', 'rcp']).optional(),
  PolicyArn: Arn.optional(),
  InlinePolicyIdentifier: structure({
    PolicyName,
    AttachmentType: oneOf(['user', 'group', 'role']),
    AttachmentName: PolicyName,
  }).optional(),
});

export const SimulatePrincipalPolicy = defineOperation({
  ...shared,
  name: 'SimulatePrincipalPolicy',
  doc: 'What the policies of a user, group or role allow, evaluated as requests are, guardrails included.',
  input: structure({
    PolicySourceArn: Arn,
    /** Further identity policies. */
    PolicyInputList: Policies.optional(),
    /** Policies of the principal or its organization that are left out of the simulation. */
    PolicyExclusionList: list(PolicyExclusion, 0, 256).optional(),
    ...question,
  }),
  output: simulated,
  errors: { ...notFound, ...errors },
  authz: { action: 'iam:SimulatePrincipalPolicy', resource: 'iam:user' },
  aws: { ...iamQuery, unsupported: ['ResourceHandlingOption'] },
  pagination,
  examples: [
    {
      title: 'may a user decrypt',
      input: { PolicySourceArn: 'arn:aws:iam::123456789012:user/alice', ActionNames: ['kms:Decrypt'] },
    },
  ],
});

const contextKeys = structure({ ContextKeyNames: list(ContextKeyName, 0, 10_000) });

export const GetContextKeysForCustomPolicy = defineOperation({
  ...shared,
  name: 'GetContextKeysForCustomPolicy',
  doc: 'The condition keys and variables that policies given as text ask about.',
  input: structure({ PolicyInputList: Policies }),
  output: contextKeys,
  errors: invalidInput,
  authz: { action: 'iam:GetContextKeysForCustomPolicy', resource: '*' },
  examples: [{ title: 'one policy', input: { PolicyInputList: [EXAMPLE_DOCUMENT] } }],
});

export const GetContextKeysForPrincipalPolicy = defineOperation({
  ...shared,
  name: 'GetContextKeysForPrincipalPolicy',
  doc: 'The condition keys and variables that the policies of a user, group or role ask about.',
  input: structure({ PolicySourceArn: Arn, PolicyInputList: Policies.optional() }),
  output: contextKeys,
  errors: { ...notFound, ...invalidInput },
  authz: { action: 'iam:GetContextKeysForPrincipalPolicy', resource: 'iam:user' },
  examples: [{ title: 'of a user', input: { PolicySourceArn: 'arn:aws:iam::123456789012:user/alice' } }],
});
