import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, PageToken, structure } from '../../../platform/contract/shape.ts';
import { eventFilters } from './event-filters.ts';
import { FoundEvent, Order } from './shapes.ts';

export const LookupEvents = defineOperation({
  name: 'LookupEvents',
  service: 'audit',
  doc: "Searches the records of the caller's account. All filters must match. Newest first; a record can be found within a second of the answer to its request. A page may hold fewer events than asked for, also none, while NextToken says that the search goes on.",
  input: structure({
    ...eventFilters,
    Order: Order.optional(),
    Limit: integer(1, 200).optional(),
    NextToken: PageToken.optional(),
  }),
  output: structure({
    Events: annotate(list(FoundEvent, 0, 200), { audit: 'length' }),
    NextToken: PageToken.optional(),
  }),
  authz: { action: 'audit:LookupEvents', resource: '*' },
  effect: 'read',
  audit: { class: 'management' },
  rest: { method: 'GET', path: '/v1/audit/events' },
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'Limit', defaultLimit: 50 },
  examples: [
    { title: 'The latest denials', input: { Outcome: 'denied', Limit: 20 } },
    { title: 'Whom guardrails of the organization stopped', input: { Layer: 'scp' } },
    { title: 'Who used a key today', input: { EventName: 'Decrypt', StartTime: '2026-11-22T00:00:00Z' } },
  ],
});
