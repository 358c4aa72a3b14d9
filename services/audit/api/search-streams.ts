/** Searches for our own services: the one that knows who may see which accounts asks for others. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { AccountId, annotate, integer, list, structure, timestamp } from '../../../platform/contract/shape.ts';
import { eventFilters } from './event-filters.ts';
import { HashText, json, Order, Sequence } from './shapes.ts';

/** The last record that was looked at. */
const Position = structure({ Time: timestamp(), AccountId, Sequence });

export const SearchStreams = defineOperation({
  name: 'SearchStreams',
  service: 'audit',
  doc: 'Searches the records of one account, or of all accounts by time. A page may hold few or none while Next says that the search goes on.',
  input: structure({
    ...eventFilters,
    /** Absent: of all. Slower, unless the event, the request or a short time is named. */
    AccountId: AccountId.optional(),
    Order: Order.optional(),
    After: Position.optional(),
    Limit: integer(1, 200),
  }),
  output: structure({
    Events: annotate(list(structure({ AccountId, Sequence, Event: json(), Hash: HashText }), 0, 200), {
      audit: 'length',
    }),
    Next: Position.optional(),
  }),
  authz: 'internal',
  effect: 'read',
  audit: { class: 'management' },
});
