/** Records of members, for those who may read them all. */
import type { InputOf, OutputOf } from '../../../platform/contract/operation.ts';
import { noResource } from '../../../platform/runtime/call.ts';
import type { SearchStreams } from '../../audit/api/search-streams.ts';
import { LookupOrganizationEvents } from '../api/records.ts';
import type { Places } from '../domain/detective/places.ts';
import { openAt } from './detective/pages.ts';
import { outOfReach, viewerOf } from './detective/reach.ts';
import { implement } from './implement.ts';

type After = NonNullable<InputOf<typeof SearchStreams>['After']>;
type Found = OutputOf<typeof SearchStreams>['Events'][number];

export const lookupOrganizationEvents = implement(LookupOrganizationEvents, {
  async resolve(call, _input, deps) {
    return { ...noResource(), state: (await viewerOf(call, deps)).places };
  },

  async run(call, input, places, deps) {
    const { NextToken, Limit, ...filters } = input;
    const { accountId } = call.caller;
    if (filters.AccountId !== undefined && !mayRead(places, accountId, filters.AccountId))
      throw outOfReach(call, `account ${filters.AccountId}`);
    const page = openAt<After>(deps, call, { NextToken, MaxResults: Limit }, filters);
    const searched = places.readsAllRecords(accountId) ? filters : { ...filters, AccountId: accountId };
    const { Events, Next } = await deps.clients.audit.SearchStreams({
      ...searched,
      Limit: page.limit,
      ...(page.after && { After: page.after }),
    });
    return {
      // The installation may have accounts that are not in the organization.
      Events: Events.filter((event: Found) => mayRead(places, accountId, event.AccountId)),
      ...(Next && { NextToken: page.seal(Next) }),
    };
  },
});

function mayRead(places: Places, viewer: string, accountId: string): boolean {
  return viewer === accountId || (places.readsAllRecords(viewer) && places.place(accountId) !== undefined);
}
