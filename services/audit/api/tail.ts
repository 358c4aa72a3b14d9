/** Records as they come: of the caller's account, and for our own services those of all accounts. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, structure, text } from '../../../platform/contract/shape.ts';
import { HashText, json, Sequence, StreamRecord } from './shapes.ts';

export const DEFAULT_WAIT_SECONDS = 20;
export const LONGEST_WAIT_SECONDS = 30;
const PLACE = integer(0, Number.MAX_SAFE_INTEGER);

export const TailStream = defineOperation({
  name: 'TailStream',
  service: 'audit',
  doc: "The records of the caller's account as they come, in the order of the hash chain. Waits until there is one; the records of this operation alone end no wait, they come with the next others. Without FromSequence it answers at once where the next record will be.",
  input: structure({
    FromSequence: Sequence.optional(),
    Limit: integer(1, 1000).optional(),
    /** Default: 20. */
    WaitSeconds: integer(0, LONGEST_WAIT_SECONDS).optional(),
  }),
  output: structure({
    Records: annotate(list(StreamRecord, 0, 1000), { audit: 'length' }),
    /** Where to go on. */
    NextSequence: Sequence,
  }),
  authz: { action: 'audit:ReadStream', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'POST', path: '/v1/audit/tail-stream' },
  longestWaitMs: LONGEST_WAIT_SECONDS * 1000,
  examples: [{ title: 'From the beginning, without waiting', input: { FromSequence: 1, Limit: 10, WaitSeconds: 0 } }],
});

/** A record of any account, by its place among all. */
const PlacedEvent = structure({
  /** Empty: of a caller without an account. */
  AccountId: text(0, 12),
  Sequence,
  Position: PLACE,
  Event: json(),
  Hash: HashText,
});

export const FollowLog = defineOperation({
  name: 'FollowLog',
  service: 'audit',
  doc: 'The records of all accounts from a place in the log on, in order; waits until there is one. Without a place it answers at once where the next record will be.',
  input: structure({
    From: PLACE.optional(),
    Limit: integer(1, 200),
    WaitMilliseconds: integer(0, LONGEST_WAIT_SECONDS * 1000),
  }),
  output: structure({ Events: annotate(list(PlacedEvent, 0, 200), { audit: 'length' }), Next: PLACE }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
  longestWaitMs: LONGEST_WAIT_SECONDS * 1000,
});
