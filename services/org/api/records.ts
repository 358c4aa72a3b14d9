/** The records of all members, for the accounts where logs are kept. */
import { defineOperation } from '../../../platform/contract/operation.ts';
import { annotate, integer, list, PageToken, structure } from '../../../platform/contract/shape.ts';
import { eventFilters } from '../../audit/api/event-filters.ts';
import { FoundEvent, Order } from '../../audit/api/shapes.ts';
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
