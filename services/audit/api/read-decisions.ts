/** Recorded decisions for our own services, so that they can be asked again under other policies. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, annotate, integer, list, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { EventId, Sequence } from './shapes.ts';

/** Behind it the next page goes on. */
const Position = structure({ Time: timestamp(), Sequence });

/** The decisions of one record, in the short form of `platform/contract/decision-form.ts`. */
const RecordDecisions = structure({
  EventId,
  EventName: text(0, 512),
  Position,
  Decisions: text(1, 1_000_000, { audit: 'length' }),
});

/** What decisions have in common, by its hash. */
const Setting = structure({ Id: text(43, 43), Text: text(2, 1_000_000, { audit: 'length' }) });

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
    Records: annotate(list(RecordDecisions, 0, MAX_READ_DECISIONS), { audit: 'length' }),
    /** Each once: the same principal is judged by the same policies over and over. */
    Settings: annotate(list(Setting, 0, 100_000), { audit: 'length' }),
    Next: Position.optional(),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});
