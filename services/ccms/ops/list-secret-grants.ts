import { granteeIds } from '../../../platform/authz/grantees.ts';
import { implementFor, noResource } from '../../../platform/runtime/call.ts';
import { DescribeSecretGrant, ListReceivedSecretGrants, ListSecretGrants } from '../api/grants.ts';
import type { CcmsDeps } from '../deps.ts';
import type { GrantRow } from '../domain/grant.ts';
import { type GrantFilter, listGrants } from '../store/grant-queries.ts';
import { grantEntry, isForgotten, requireGrant, resolveOwnSecret } from './grant-entry.ts';
import { readGrantee } from './grantee.ts';
import { openPage, type Page } from './page.ts';
import { type AnyCall, namedOutput } from './secret-access.ts';

const implement = implementFor<CcmsDeps>();

export const describeSecretGrant = implement(DescribeSecretGrant, {
  resolve: (call, input, deps) => resolveOwnSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    return { Grant: grantEntry(await requireGrant(call, deps, secret, input.GrantId), call.now) };
  },
});

export const listSecretGrants = implement(ListSecretGrants, {
  resolve: (call, input, deps) => resolveOwnSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    const { GranteePrincipal } = input;
    const grantee = GranteePrincipal === undefined ? undefined : readGrantee(call, deps, GranteePrincipal);
    const page = openPage<string>(call, deps, input, [secret.row.secret_id, grantee ?? null]);
    return { ...namedOutput(secret), ...(await listed(call, deps, page, { secretId: secret.row.secret_id, grantee })) };
  },
});

/** Of secrets of any account: whom a grant names may know of it. */
export const listReceivedSecretGrants = implement(ListReceivedSecretGrants, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const ids = granteeIds(call.caller);
    return listed(call, deps, openPage<string>(call, deps, input, ids), { granteeIds: ids });
  },
});

async function listed(call: AnyCall, deps: CcmsDeps, page: Page<string>, filter: GrantFilter) {
  const found = await listGrants(deps.store.read, filter, page.after ?? '', page.limit + 1);
  const { rows, ...end } = page.end(found, (row: GrantRow) => row.grant_id);
  await deps.grants.verify(rows);
  const Grants = rows.filter((row) => !isForgotten(row, call.now)).map((row) => grantEntry(row, call.now));
  return { Grants, ...end };
}
