import type { InputOf } from '../../../platform/contract/operation.ts';
import { noResource } from '../../../platform/runtime/call.ts';
import { LookupEvents } from '../api/index.ts';
import { implement } from '../deps.ts';
import { actorOf, indexTerm } from '../domain/index-columns.ts';
import { type EventFilters, type EventPosition, readEvents, searchEvents } from '../store/search.ts';

export const lookupEvents = implement(LookupEvents, {
  resolve: noResource,

  async run(call, input, _state, { store, pages }) {
    const filters = filtersOf(call.caller.accountId, input);
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
    const rows = await readEvents(store.read, call.caller.accountId, page.sequences);
    return {
      Events: rows.map((row) => ({ Sequence: row.sequence, Event: parse(row.record), Hash: row.hash })),
      ...(page.next && { NextToken: pages.seal(scope, page.next) }),
    };
  },
});

function filtersOf(accountId: string, input: InputOf<typeof LookupEvents>): EventFilters {
  const term = (value: string | undefined) => (value === undefined ? undefined : indexTerm(value));
  const principal = term(input.PrincipalArn);
  const filters = {
    accountId,
    order: input.Order ?? 'desc',
    from: input.StartTime,
    to: input.EndTime,
    name: term(input.EventName),
    source: term(input.EventSource),
    principal,
    // The index is by the last part of the ARN; when both are given they must agree or nothing matches.
    actor: term(input.UserName) ?? (principal === undefined ? undefined : actorOf(principal)),
    accessKey: term(input.AccessKeyId),
    resource: term(input.Resource),
    outcome: input.Outcome,
    layer: term(input.Layer),
    project: term(input.EnterpriseProjectId),
    requestId: term(input.RequestId),
    eventId: input.EventId,
  };
  return Object.fromEntries(
    Object.entries(filters).filter(([, value]) => value !== undefined),
  ) as unknown as EventFilters;
}

/** A text that is no JSON is shown as it is. */
function parse(record: string): unknown {
  try {
    return JSON.parse(record);
  } catch {
    return record;
  }
}
