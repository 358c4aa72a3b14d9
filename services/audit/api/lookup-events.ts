import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, PageToken, structure, text, timestamp } from '../../../platform/contract/shape.ts';
import { EventId, FoundEvent, Order, Outcome, ResourceArn } from './shapes.ts';

export const LookupEvents = defineOperation({
  name: 'LookupEvents',
  service: 'audit',
  doc: "Searches the records of the caller's account. All filters must match. Newest first; a record can be found within a second of the answer to its request. A page may hold fewer events than asked for, also none, while NextToken says that the search goes on.",
  input: structure({
    /** First moment, inclusive. */
    StartTime: timestamp().optional(),
    /** Last moment, inclusive. */
    EndTime: timestamp().optional(),
    EventName: text(1, 128).optional(),
    /** `kms.amazonaws.com` and the like. */
    EventSource: text(1, 128).optional(),
    PrincipalArn: text(1, 2048).optional(),
    UserName: text(1, 128).optional(),
    AccessKeyId: text(1, 128).optional(),
    /** ARN of a resource the request touched. */
    Resource: ResourceArn.optional(),
    Outcome: Outcome.optional(),
    /** What denied: rcp, scp, endpoint, resource, identity, boundary or session; `owner-state` when the owner of the resource may not be used, `error` when nothing could be decided. */
    Layer: text(1, 64).optional(),
    EnterpriseProjectId: text(1, 36).optional(),
    RequestId: text(1, 128).optional(),
    EventId: EventId.optional(),
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
