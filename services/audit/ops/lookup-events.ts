import { noResource } from '../../../platform/runtime/call.ts';
import { LookupEvents } from '../api/index.ts';
import { implement } from '../deps.ts';
import { type EventPosition, readEvents, searchEvents } from '../store/search.ts';
import { filtersOf, shownRecord } from './event-filters.ts';

export const lookupEvents = implement(LookupEvents, {
  resolve: noResource,

  async run(call, input, _state, { store, pages }) {
    const filters = { ...filtersOf(input), accountId: call.caller.accountId };
    const scope = { accountId: call.caller.accountId, operation: LookupEvents.name, filters };
    let after: EventPosition | undefined;
    if (input.NextToken !== undefined) {
      after = pages.open<EventPosition>(scope, input.NextToken);
      if (!after) {
        throw call.fail('Validation', 'the page token was not made for this search', {
          hint: 'repeat the filters of the first page, or start again without NextToken',
        });
      }
    }
    const limit = input.Limit ?? LookupEvents.pagination?.defaultLimit ?? 50;
    const page = await searchEvents(store.read, filters, limit, after);
    const rows = await readEvents(store.read, page.eventIds);
    return {
      Events: rows.map(({ sequence, record, hash }) => ({
        Sequence: sequence,
        Event: shownRecord(record),
        Hash: hash,
      })),
      ...(page.next && { NextToken: pages.seal(scope, page.next) }),
    };
  },
});
