/** Questions turned around: who can do this, what can this principal do, what do the guardrails leave. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, flag, integer, list, oneOf, structure, text } from '../../../platform/contract/shape.ts';
import { malformedPolicy, notFound } from './errors.ts';
import { DECISIONS, LayerName, Level, Outcome, Question, StatementName, Verdict } from './questions.ts';
import { Arn, pageInput, pageOutput, pagination } from './shapes.ts';

const shared = {
  service: 'iam',
  area: 'authz',
  effect: 'read',
  audit: { class: 'management' },
  pagination,
} as const;
/** Default: both. A page may hold fewer items than asked for, also none, while `Marker` says that it goes on. */
const DecisionFilter = oneOf(DECISIONS).optional();
const { Principal, Action, Resource, Context, ResourceTags, ResourcePolicy } = Question;

export const WhoCan = defineOperation({
  ...shared,
  name: 'WhoCan',
  doc: 'Which principals of the account may do an action on a resource, and which layer says yes or no to each; guardrails, boundaries and groups count. The policy of the resource is not looked up: give it. Conditions are judged by what the platform knows and what is given.',
  input: structure({
    Action,
    Resource,
    Context,
    ResourceTags,
    ResourcePolicy,
    Decision: DecisionFilter,
    ...pageInput,
  }),
  output: structure({
    Principals: list(structure({ Arn, ...Verdict }), 0, 1000),
    /** Principals that were judged for this page. */
    Judged: integer(0, 1_000_000),
    ...pageOutput,
  }),
  errors: malformedPolicy,
  authz: { action: 'authz:WhoCan', resource: '*' },
  examples: [
    {
      title: 'who may schedule the deletion of a key',
      input: {
        Action: 'kms:ScheduleKeyDeletion',
        Resource: 'arn:aws:kms:local-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
        Decision: 'Allow',
      },
    },
  ],
});

export const WhatCan = defineOperation({
  ...shared,
  name: 'WhatCan',
  doc: 'Which actions of the product and of the account’s own applications a principal may do on resources, and which layer says yes or no to each. Of a resource that is named, the actions that apply to its type are asked; of `*`, all actions. The policy of a resource is not looked up: give it.',
  input: structure({
    Principal,
    Resources: list(Resource, 1, 50),
    /** Only actions with this prefix, `kms`. */
    Service: text(1, 63, { pattern: /^[a-z][a-z0-9-]*$/ }).optional(),
    Context,
    ResourceTags,
    ResourcePolicy,
    Decision: DecisionFilter,
    ...pageInput,
  }),
  output: structure({
    Actions: list(structure({ Action: text(3, 256), Resource: text(1, 2048), ...Verdict }), 0, 1000),
    /** Pairs of action and resource that were judged for this page. */
    Judged: integer(0, 1_000_000),
    ...pageOutput,
  }),
  errors: { ...notFound, ...malformedPolicy },
  authz: { action: 'authz:WhatCan', resource: 'iam:user' },
  examples: [
    {
      title: 'what may alice do with keys',
      input: { Principal: 'arn:aws:iam::123456789012:user/alice', Resources: ['*'], Service: 'kms' },
    },
  ],
});

const StoppedBy = structure({
  Layer: LayerName,
  Level,
  /** implicit-deny: nothing attached to the level allows the action. */
  Outcome,
  /** False: it depends on who asks, for what and how. */
  Certain: flag(),
  /** The statements that deny, of an explicit denial. */
  Statements: list(structure(StatementName), 0, 10_000),
});

export const GetEffectiveCeiling = defineOperation({
  ...shared,
  name: 'GetEffectiveCeiling',
  doc: 'What the guardrails of the organization leave to an account: which actions they let through on `*`, and which level and policy stops each other one. Another account than its own is described to the management account only.',
  input: structure({
    /** Default: the account of the caller. */
    AccountId: AccountId.optional(),
    /** Only actions with this prefix, `kms`. */
    Service: text(1, 63, { pattern: /^[a-z][a-z0-9-]*$/ }).optional(),
    /** Default: all. */
    Ceiling: oneOf(['allowed', 'denied', 'conditional']).optional(),
    ...pageInput,
  }),
  output: structure({
    AccountId,
    /** The levels that bind the account, root first, the account last; none for the management account. */
    Levels: list(
      structure({
        Layer: LayerName,
        Level,
        Policies: list(
          structure({ PolicyArn: text(1, 2048), PolicyName: text(1, 256).optional(), Version: text(1, 64).optional() }),
          0,
          1000,
        ),
      }),
      0,
      200,
    ),
    Actions: list(
      structure({
        Action: text(3, 256),
        /** conditional: allowed or denied, depending on who asks, for what and how. */
        Ceiling: oneOf(['allowed', 'denied', 'conditional']),
        /** Every level that stops the action, for certain or under conditions. */
        StoppedBy: list(StoppedBy, 0, 200),
      }),
      0,
      1000,
    ),
    ...pageOutput,
  }),
  errors: notFound,
  authz: { action: 'authz:GetEffectiveCeiling', resource: '*' },
  examples: [{ title: 'own account', input: { Service: 'kms', Ceiling: 'denied' } }],
});
