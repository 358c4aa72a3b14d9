/** Recorded decisions for our own services, so that they can be asked again under other policies. */
import { z } from 'zod';
import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  AccountId,
  annotate,
  flag,
  integer,
  list,
  structure,
  text,
  timestamp,
} from '../../../platform/contract/shape.ts';
import { BoundLevel, DecisionCheck, DecisionPrincipal, EventId, Sequence } from './shapes.ts';

/** Behind it the next page goes on. */
const Position = structure({ Time: timestamp(), Sequence });

const { ResourceLevels, ...question } = DecisionCheck.shape;

/** One question that the policies were asked, with everything the answer rested on. */
export const RecordedDecision = structure({
  ...question,
  EventId,
  EventName: text(0, 128),
  Position,
  /** About whom was decided: the caller, or the subject of an Authorize. */
  Principal: DecisionPrincipal,
  /** The role or user a session has its permissions from. */
  Issuer: structure({ Arn: text(0, 2048), PrincipalId: text(0, 256) }).optional(),
  /** Somebody asked about the principal (Authorize). */
  Asked: flag(),
  /** What was asked about in an Authorize, so far as its record holds it; absent: the record does not tell. */
  Given: structure({ ResourcePolicy: annotate(z.string(), { audit: 'drop' }).optional() }).optional(),
  /** Which of the stacks of the page bound it. */
  Stack: integer(0, 100_000),
});

/** The policies that bound a decision. */
export const RecordedStack = structure({
  /** Of the principal: what it is granted in a project is granted in this account. Empty where it has none. */
  AccountId: text(0, 64),
  /** `arn@version`; `boundary:arn@version` and `session:arn@version` for what is not an identity policy. */
  Policies: list(text(1, 2200), 0, 1000),
  /** The levels that bound the principal, from the root down; absent: none did. */
  PrincipalLevels: list(BoundLevel, 0, 100).optional(),
  ResourceLevels,
});

export const MAX_READ_DECISIONS = 1000;

export const ReadDecisions = defineOperation({
  name: 'ReadDecisions',
  service: 'audit',
  doc: 'The decisions in the stream of one account within a window of time, in order. Records without a decision are passed over; a page may therefore hold few or none while Next says that it goes on.',
  input: structure({
    AccountId,
    /** First and last moment, both inclusive. */
    StartTime: timestamp(),
    EndTime: timestamp(),
    After: Position.optional(),
    /** Records that are looked at. */
    Limit: integer(1, MAX_READ_DECISIONS).optional(),
  }),
  output: structure({
    Decisions: annotate(list(RecordedDecision, 0, 100_000), { audit: 'length' }),
    /** Each once: the same principal is judged by the same policies over and over. */
    Stacks: annotate(list(RecordedStack, 0, 100_000), { audit: 'length' }),
    Next: Position.optional(),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});
