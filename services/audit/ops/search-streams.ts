import { noResource } from '../../../platform/runtime/call.ts';
import { SearchStreams } from '../api/search-streams.ts';
import { implement } from '../deps.ts';
import { readEvents, searchEvents } from '../store/search.ts';
import { filtersOf, shownRecord } from './event-filters.ts';

export const searchStreams = implement(SearchStreams, {
  resolve: noResource,

  async run(_call, input, _state, { store }) {
    const { After } = input;
    const after = After && { time: After.Time, accountId: After.AccountId, sequence: After.Sequence };
    const page = await searchEvents(store.read, filtersOf(input), input.Limit, after);
    const rows = await readEvents(store.read, page.eventIds);
    return {
      Events: rows.map((row) => ({
        AccountId: row.account_id,
        Sequence: row.sequence,
        Event: shownRecord(row.record),
        Hash: row.hash,
      })),
      ...(page.next && {
        Next: { Time: page.next.time, AccountId: page.next.accountId, Sequence: page.next.sequence },
      }),
    };
  },
});
