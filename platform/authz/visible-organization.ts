/**
 * The organization as far as one account may know it. Questions (Authorize, Explain, simulations) are answered by this
 * view: who asks names resource and policy freely, so no answer may show more of another account than its asker can
 * find out in other ways.
 *
 * An account knows itself; a member knows where the others stand and what binds them; the management account also knows
 * the states of the members. What somebody may not know answers as if there were no such account.
 */
import type { AccountState } from './organization-data.ts';
import type { OrganizationSnapshot } from './organization-snapshot.ts';

/** What decisions are made from: the organization itself for requests, a view of it for questions. */
export interface OrganizationFacts
  extends Pick<
    OrganizationSnapshot,
    'id' | 'managementAccountId' | 'isMember' | 'orgPath' | 'guardrails' | 'observed' | 'sharesWithOthers'
  > {
  /** Undefined: not known. */
  stateOf(accountId: string): AccountState | undefined;
}

const NOBODY = '';

export function visibleTo(asker: string, organization: OrganizationSnapshot): OrganizationFacts {
  const seesPlaceOf = (accountId: string) => accountId === asker || organization.isMember(asker);
  const seesStateOf = (accountId: string) =>
    accountId === asker || (asker === organization.managementAccountId && organization.isMember(accountId));
  const seen = (accountId: string) => (seesPlaceOf(accountId) ? accountId : NOBODY);
  return {
    id: organization.id,
    managementAccountId: organization.managementAccountId,
    isMember: (accountId) => organization.isMember(seen(accountId)),
    orgPath: (accountId) => organization.orgPath(seen(accountId)),
    guardrails: (principalAccount, resourceAccount) =>
      organization.guardrails(seen(principalAccount), seen(resourceAccount)),
    observed: (principalAccount, resourceAccount) =>
      organization.observed(seen(principalAccount), seen(resourceAccount)),
    sharesWithOthers: (accountId) => !seesStateOf(accountId) || organization.sharesWithOthers(accountId),
    stateOf: (accountId) => (seesStateOf(accountId) ? organization.stateOf(accountId) : undefined),
  };
}
