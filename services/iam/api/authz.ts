/** Decisions for applications: may this principal do this, and why (not). */
import { EnterpriseProjectId } from '../../../platform/contract/enterprise-project.ts';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, flag, integer, list, oneOf, structure, text } from '../../../platform/contract/shape.ts';
import { intoProject, malformedPolicy, notFound } from './errors.ts';
import { DECISIONS, Question, REASONS } from './questions.ts';
import { pageInput, pageOutput, pagination } from './shapes.ts';

const shared = { service: 'iam', area: 'authz', audit: { class: 'data' } } as const;
const Statement = structure({
  PolicyArn: text(1, 2048),
  /** The project that the policy is granted in; absent: it holds everywhere. */
  EnterpriseProjectId: EnterpriseProjectId.optional(),
  Version: text(1, 64).optional(),
  Sid: text(0, 256).optional(),
  Index: integer(0, 100_000),
  Line: integer(0, 10_000_000),
});

const Answer = {
  Decision: oneOf(DECISIONS),
  Reason: oneOf(REASONS),
  Layers: list(
    structure({ Layer: text(1, 64), Outcome: text(1, 32), Statements: list(Statement, 0, 10_000) }),
    0,
    1000,
  ),
  Message: text(0, 8192),
  MissingContextKeys: list(text(1, 256), 0, 1000),
};

const EXAMPLE = {
  Principal: 'arn:aws:iam::123456789012:user/alice',
  Action: 'billing:ReadInvoice',
  Resource: 'arn:aws:billing:local-1:123456789012:invoice/42',
  Context: { 'aws:SourceIp': '10.1.2.3', 'billing:Amount': 250 },
};

const errors = { ...notFound, ...malformedPolicy };
const authz = { action: 'authz:Authorize', resource: 'iam:user' } as const;

export const Authorize = defineOperation({
  ...shared,
  name: 'Authorize',
  doc: 'Decides whether a principal of the account may do an action on a resource, and says why.',
  input: structure({
    ...Question,
    /** Explain every layer also when the answer is Allow. */
    Explain: flag().optional(),
  }),
  output: structure({ ...Answer, DecisionId: text(36, 36) }),
  errors,
  authz,
  effect: 'use',
  examples: [{ title: 'an application of our own', input: EXAMPLE }],
});

export const BatchAuthorize = defineOperation({
  ...shared,
  name: 'BatchAuthorize',
  doc: 'Up to 100 decisions in one record; results are in the order of the items. Every subject must be permitted.',
  input: structure({ Items: list(structure(Question), 1, 100), Explain: flag().optional() }),
  output: structure({
    DecisionId: text(36, 36),
    Results: list(
      structure({
        Decision: oneOf(DECISIONS),
        Reason: oneOf(REASONS),
        Layers: Answer.Layers,
        Message: Answer.Message,
        MissingContextKeys: Answer.MissingContextKeys,
        /** Set when the item could not be decided (unknown action, missing principal); Decision is then Deny. */
        Error: structure({ Code: text(1, 64), Message: text(0, 8192) }).optional(),
      }),
      1,
      100,
    ),
  }),
  errors,
  authz,
  effect: 'use',
  examples: [{ title: 'two questions', input: { Items: [EXAMPLE, { ...EXAMPLE, Action: 'billing:PayInvoice' }] } }],
});

// --- action namespaces of applications ---------------------------------------------------------------------------

const NamespaceName = text(3, 63, { pattern: /^[a-z][a-z0-9-]{2,62}$/ });
const Word = text(1, 64, { pattern: /^[A-Za-z][A-Za-z0-9_-]*$/ });
const NamespaceAction = structure({ Name: Word, ResourceTypes: list(Word, 0, 50).optional() });
const ConditionKey = text(3, 128, { pattern: /^[a-z][a-z0-9-]*:[A-Za-z0-9_./-]+\*?$/ });

export const Namespace = annotate(
  structure({
    Name: NamespaceName,
    Actions: list(NamespaceAction, 1, 500),
    ConditionKeys: list(ConditionKey, 0, 200).optional(),
    EnterpriseProjectId,
  }),
  { title: 'Namespace' },
);

const managed = { service: 'iam', area: 'authz', audit: { class: 'management' } } as const;
const conditions = ['parapet:EnterpriseProjectId'];
const namespaceTaken = {
  EntityAlreadyExists: { status: 409, doc: 'The name is taken by the product or already registered.' },
} as const;
const namespaceFull = { LimitExceeded: { status: 409, doc: 'The account has as many namespaces as it may.' } } as const;

export const RegisterNamespace = defineOperation({
  ...managed,
  name: 'RegisterNamespace',
  doc: "Declares the actions of one of the account's own applications, so that policies and Authorize can name them.",
  input: structure({
    Name: NamespaceName,
    Actions: list(NamespaceAction, 1, 500),
    ConditionKeys: list(ConditionKey, 0, 200).optional(),
    /** Default: the default project. */
    EnterpriseProjectId: EnterpriseProjectId.optional(),
  }),
  output: structure({ Namespace }),
  errors: { ...namespaceTaken, ...namespaceFull, ...intoProject },
  authz: { action: 'authz:RegisterNamespace', resource: 'authz:namespace', conditions },
  effect: 'write',
  examples: [
    {
      title: 'billing',
      input: {
        Name: 'billing',
        Actions: [{ Name: 'ReadInvoice', ResourceTypes: ['invoice'] }, { Name: 'PayInvoice' }],
      },
    },
  ],
});

export const ListNamespaces = defineOperation({
  ...managed,
  name: 'ListNamespaces',
  doc: "Lists the account's own action namespaces.",
  input: structure({ ...pageInput }),
  output: structure({ Namespaces: list(Namespace, 0, 1000), ...pageOutput }),
  authz: { action: 'authz:ListNamespaces', resource: '*' },
  effect: 'read',
  pagination,
  examples: [{ title: 'first page', input: {} }],
});

export const DescribeNamespace = defineOperation({
  ...managed,
  name: 'DescribeNamespace',
  doc: 'Describes one action namespace.',
  input: structure({ Name: NamespaceName }),
  output: structure({ Namespace }),
  errors: notFound,
  authz: { action: 'authz:DescribeNamespace', resource: 'authz:namespace', conditions },
  effect: 'read',
  examples: [{ title: 'billing', input: { Name: 'billing' } }],
});

export const DeleteNamespace = defineOperation({
  ...managed,
  name: 'DeleteNamespace',
  doc: 'Removes a namespace: its actions are unknown from then on. Policies that name them stay as they are.',
  input: structure({ Name: NamespaceName }),
  errors: notFound,
  authz: { action: 'authz:DeleteNamespace', resource: 'authz:namespace', conditions },
  effect: 'write',
  examples: [{ title: 'billing', input: { Name: 'billing' } }],
});
