/** The records of all members, searched and as they come, for the accounts where logs are kept. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, PageToken, structure } from '../../../platform/contract/shape.ts';
import { eventFilters } from '../../audit/api/event-filters.ts';
import { FoundEvent, Order } from '../../audit/api/shapes.ts';
import { LONGEST_WAIT_SECONDS } from '../../audit/api/tail.ts';
import { AccountId, declared, notFound } from './config-shapes.ts';

export const LookupOrganizationEvents = defineOperation({
  ...declared,
  name: 'LookupOrganizationEvents',
  doc: 'Searches the records of all members by time, or of one of them, for the management account and delegated administrators of `cloudtrail` or `audit`; others find their own. All filters must match. Newest first. A page may hold fewer events than asked for, also none, while NextToken says that the search goes on; it goes on fastest when the account is named.',
  input: structure({
    ...eventFilters,
    AccountId: AccountId.optional(),
    Order: Order.optional(),
    Limit: integer(1, 200).optional(),
    NextToken: PageToken.optional(),
  }),
  output: structure({
    Events: annotate(list(FoundEvent.extend({ AccountId }), 0, 200), { audit: 'length' }),
    NextToken: PageToken.optional(),
  }),
  errors: notFound,
  authz: { action: 'organizations:LookupOrganizationEvents', resource: '*' },
  effect: 'read',
  pagination: { token: 'NextToken', nextToken: 'NextToken', limit: 'Limit', defaultLimit: 50 },
  examples: [
    { title: 'Whom guardrails stopped anywhere', input: { Layer: 'scp', Limit: 20 } },
    {
      title: 'Who touched a key, from whatever account',
      input: { Resource: 'arn:aws:kms:local-1:111122223333:key/1' },
    },
  ],
});

const PLACE = integer(0, Number.MAX_SAFE_INTEGER);

export const TailOrganizationEvents = defineOperation({
  ...declared,
  name: 'TailOrganizationEvents',
  doc: 'The records of all members as they come, in the order of the log, for the management account and delegated administrators of `cloudtrail` or `audit`; others follow their own. Waits until there is one; records of this operation alone end no wait, they come with the next others. Without FromPosition it answers at once where the next record will be.',
  input: structure({
    /** Place in the log, as an answer before told it. */
    FromPosition: PLACE.optional(),
    /** Default: all that may be seen. */
    AccountId: AccountId.optional(),
    Limit: integer(1, 200).optional(),
    /** Default: 20. */
    WaitSeconds: integer(0, LONGEST_WAIT_SECONDS).optional(),
  }),
  output: structure({
    Events: annotate(list(FoundEvent.extend({ AccountId, Position: PLACE }), 0, 200), { audit: 'length' }),
    /** Where to go on; places between are records of others. */
    NextPosition: PLACE,
  }),
  errors: notFound,
  authz: { action: 'organizations:LookupOrganizationEvents', resource: '*' },
  effect: 'read',
  longestWaitMs: LONGEST_WAIT_SECONDS * 1000,
  examples: [{ title: 'From the beginning, without waiting', input: { FromPosition: 0, Limit: 10, WaitSeconds: 0 } }],
});
