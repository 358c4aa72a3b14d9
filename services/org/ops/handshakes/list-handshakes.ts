import type { AnyOperation } from '../../../../platform/contract/operation.ts';
import { type Call, noResource } from '../../../../platform/runtime/call.ts';
import { ListHandshakesForAccount, ListHandshakesForOrganization } from '../../api/handshakes.ts';
import type { OrgDeps } from '../../deps.ts';
import type { OrganizationRow } from '../../store/db.ts';
import { type HandshakeFilter, listHandshakes } from '../../store/handshakes.ts';
import { theOrganization } from '../../store/organization.ts';
import { implement } from '../implement.ts';
import { closePage, openPage, type PageInput } from '../pages.ts';
import { wholeOrganization } from '../standing.ts';
import { showHandshakes } from './show-handshake.ts';

/** How long ended handshakes are shown; they are kept for a year. */
const SHOWN_MS = 30 * 86_400_000;

interface Input extends PageInput {
  Filter?: { ActionType?: string | undefined; ParentHandshakeId?: string | undefined } | undefined;
}

export const listHandshakesForAccount = implement(ListHandshakesForAccount, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const organization = await theOrganization(deps.store.read);
    return page(call, deps, input, organization, { accountId: call.caller.accountId });
  },
});

export const listHandshakesForOrganization = implement(ListHandshakesForOrganization, {
  resolve: (call, _input, deps) => wholeOrganization(call, deps),
  run: (call, input, { organization }, deps) =>
    page(call, deps, input, organization, { organizationId: organization.organization_id }),
});

async function page(
  call: Call<AnyOperation>,
  deps: OrgDeps,
  input: Input,
  organization: OrganizationRow | undefined,
  party: HandshakeFilter['party'],
) {
  const { ActionType, ParentHandshakeId } = input.Filter ?? {};
  if (ActionType !== undefined && ParentHandshakeId !== undefined)
    throw call.fail('InvalidInput', 'Filter takes an action or a parent, not both', {
      details: { reason: 'MAX_LIMIT_EXCEEDED_FILTER' },
    });
  const opened = openPage(deps, call, input, input.Filter);
  // Invitations are the only handshakes, and they have no parent.
  if (!organization || (ActionType ?? 'INVITE') !== 'INVITE' || ParentHandshakeId !== undefined)
    return { Handshakes: [] };
  const db = deps.store.read;
  const found = await listHandshakes(db, { party, endedSince: call.now - SHOWN_MS }, opened.range);
  const { rows, output } = closePage(deps, opened, found, (row) => row.handshake_id);
  return { Handshakes: await showHandshakes(db, deps, organization, rows), ...output };
}
