/** Why somebody may or may not do something: every layer, and every statement that decides in it, with its text. */
import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, dictionary, flag, integer, list, oneOf, structure, text } from '../../../platform/contract/shape.ts';
import { malformedPolicy, notFound } from './errors.ts';
import { LayerName, Level, Outcome, Question, StatementName, Verdict } from './questions.ts';

const PolicyText = annotate(z.string(), { audit: 'drop' });

const ExplainedStatement = structure({
  Effect: oneOf(['Allow', 'Deny']),
  ...StatementName,
  /** Behind the closing brace. */
  EndLine: integer(1, 10_000_000),
  EndColumn: integer(1, 10_000_000),
  Text: PolicyText,
});

const ExplainedLayer = structure({
  Layer: LayerName,
  /** The level of the organization, for `scp` and `rcp`. */
  Level: Level.optional(),
  /** What the layer says by itself: a layer that allows and denies has the outcome `explicit-deny`. */
  Outcome,
  /** Every policy of the layer, also those that say nothing about the request. */
  Policies: list(structure({ PolicyArn: text(1, 2048), Version: text(1, 64).optional() }), 0, 10_000),
  /** Every statement that applies: denies first. */
  Statements: list(ExplainedStatement, 0, 100_000),
  /** As whom the resource's policy grants: a grant to the account still needs the policies of the principal. */
  GrantedTo: list(oneOf(['direct', 'role', 'account']), 0, 3).optional(),
});

const DecidingPolicy = structure({ PolicyArn: text(1, 2048), Version: text(1, 64).optional(), Document: PolicyText });

export const Explain = defineOperation({
  name: 'Explain',
  service: 'iam',
  area: 'authz',
  doc: 'Explains a decision in full: every layer in the order in which they are asked, every statement that applies in it with its text and place, the documents they stand in, the context, and the keys that were missing. Shows guardrails of the organization as far as they bind the principal or the resource and the caller may know them.',
  input: structure(Question),
  output: structure({
    ...Verdict,
    Message: text(0, 8192),
    /** Set where no document grants: the root user of the account. */
    ImpliedBy: oneOf(['root-user']).optional(),
    Layers: annotate(list(ExplainedLayer, 0, 1000), { audit: 'length' }),
    /** The documents of the statements that apply. */
    Documents: annotate(list(DecidingPolicy, 0, 10_000), { audit: 'length' }),
    /** Condition keys that would have mattered and were not there. */
    MissingContextKeys: list(text(1, 256), 0, 1000),
    Context: annotate(dictionary(z.string(), annotate(z.unknown(), { audit: 'drop' })), { audit: 'drop' }),
    /** Version of the authorization data that the policies of the principal were read at. */
    PolicyVersion: integer(0, Number.MAX_SAFE_INTEGER),
    /** True when the account of the resource is in a state in which others may not use it; told to the management account. */
    BlockedByOwnerState: flag(),
  }),
  errors: { ...notFound, ...malformedPolicy },
  authz: { action: 'authz:Explain', resource: 'iam:user' },
  effect: 'read',
  audit: { class: 'management' },
  examples: [
    {
      title: 'why may alice not decrypt',
      input: {
        Principal: 'arn:aws:iam::123456789012:user/alice',
        Action: 'kms:Decrypt',
        Resource: 'arn:aws:kms:local-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      },
    },
  ],
});
