/** From what a request searches by to what the store does, and from a record that was found to what is shown. */
import type { InputOf } from '../../../platform/contract/operation.ts';
import type { SearchStreams } from '../api/search-streams.ts';
import { actorOf, indexTerm } from '../domain/index-columns.ts';
import type { EventFilters } from '../store/search.ts';

export function filtersOf(input: Omit<InputOf<typeof SearchStreams>, 'After' | 'Limit'>): EventFilters {
  const term = (value: string | undefined) => (value === undefined ? undefined : indexTerm(value));
  const principal = term(input.PrincipalArn);
  const filters = {
    accountId: input.AccountId,
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
export function shownRecord(record: string): unknown {
  try {
    return JSON.parse(record);
  } catch {
    return record;
  }
}
