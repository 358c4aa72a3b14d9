/** What recorded decisions would have become under proposed policies. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  annotate,
  flag,
  integer,
  list,
  oneOf,
  policyDocument,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { malformedPolicy, notFound } from './errors.ts';
import { DECISIONS, LayerName, Level, StatementName } from './questions.ts';
import { pageInput, pageOutput, pagination } from './shapes.ts';

const ProposedPolicy = structure({
  PolicyType: oneOf(['identity', 'boundary', 'scp', 'rcp']),
  /** add: one policy more; replace: the document of an existing policy; remove: detach an existing policy. */
  Operation: oneOf(['add', 'replace', 'remove']),
  /**
   * identity, boundary: ARN of a user, group or role, or the account id for all principals of the account.
   * scp, rcp: id of a root, unit or account; to replace or remove, default: wherever the policy is attached.
   */
  Target: text(1, 2048).optional(),
  /** The existing policy: its ARN, of guardrails also the id. */
  PolicyArn: text(1, 2048).optional(),
  Document: policyDocument(65_536).optional(),
});

const COUNT = integer(0, Number.MAX_SAFE_INTEGER);
const flips = { NewlyDenied: COUNT, NewlyAllowed: COUNT };

const Flip = structure({
  EventId: text(36, 36),
  EventName: text(0, 128),
  Time: timestamp(),
  /** Account whose stream holds the record. */
  AccountId,
  Principal: text(0, 2048),
  Action: text(1, 256),
  Resource: text(1, 2048),
  Was: oneOf(DECISIONS),
  Becomes: oneOf(DECISIONS),
  /** The layer that would decide. */
  Layer: LayerName.optional(),
  Level: Level.optional(),
  Statements: list(structure(StatementName), 0, 1000),
});

const Open = structure({
  EventId: text(36, 36),
  Time: timestamp(),
  AccountId,
  Principal: text(0, 2048),
  Action: text(1, 256),
  Resource: text(1, 2048),
  /** `arn@version` of documents that are gone; `resource-policy`: records do not hold it. */
  Missing: list(text(1, 2200), 0, 1000),
});

export const WhatIf = defineOperation({
  name: 'WhatIf',
  service: 'iam',
  area: 'authz',
  doc: 'Asks the recorded decisions of a window of time again, under the policies their records name and the proposed changes, and lists the decisions that flip. Works piece by piece: every answer covers a part of the window and says how far it has come; with its Marker the next part follows, also after a long pause. Changes at a root, a unit or another account are for the management account, which sees the decisions of all members. What a record does not hold is never guessed: such decisions are counted as unknown where it matters.',
  input: structure({
    Changes: list(ProposedPolicy, 1, 10),
    /** Default: seven days before the end. */
    StartTime: timestamp().optional(),
    /** Default: now. */
    EndTime: timestamp().optional(),
    /** Streams to read; default: those of all members for guardrails, else the caller's. */
    AccountIds: list(AccountId, 1, 1000).optional(),
    ...pageInput,
  }),
  output: structure({
    /** Decisions that flip, in the order of the streams. A page may hold a few more than asked for. */
    Flips: annotate(list(Flip, 0, 10_000), { audit: 'length' }),
    /** Some of the decisions of this part whose result is unknown. */
    Unknown: annotate(list(Open, 0, 100), { audit: 'length' }),
    /** Of this part: add them up over the parts. */
    ByPrincipal: annotate(list(structure({ Principal: text(0, 2048), ...flips }), 0, 10_000), { audit: 'length' }),
    ByAction: annotate(list(structure({ Action: text(1, 256), ...flips }), 0, 10_000), { audit: 'length' }),
    /** From the beginning of the window up to here. */
    Totals: structure({
      Decisions: COUNT,
      /** Those that rest on something that changes. */
      Touched: COUNT,
      ...flips,
      Unknown: COUNT,
    }),
    Progress: structure({
      StartTime: timestamp(),
      EndTime: timestamp(),
      /** How far the stream that is being read has come; absent at the end. */
      AccountId: AccountId.optional(),
      Time: timestamp().optional(),
      AccountsDone: COUNT,
      Accounts: COUNT,
      Percent: integer(0, 100),
      Done: flag(),
    }),
    ...pageOutput,
  }),
  errors: { ...notFound, ...malformedPolicy },
  authz: { action: 'authz:WhatIf', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  pagination,
  examples: [
    {
      title: 'no more user management by policy for anybody in the account',
      input: {
        Changes: [
          {
            PolicyType: 'identity',
            Operation: 'add',
            Target: '123456789012',
            Document:
              '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"}]}',
          },
        ],
        StartTime: '2026-11-15T00:00:00Z',
      },
    },
  ],
});
