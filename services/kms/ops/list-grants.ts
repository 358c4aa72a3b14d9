import { implementFor } from '../../../platform/runtime/call.ts';
import { ListGrants, ListRetirableGrants } from '../api/grants.ts';
import type { KmsDeps } from '../deps.ts';
import { type GrantRow, isGrantId, termsOf } from '../domain/grant.ts';
import { keyArn } from '../domain/key-ref.ts';
import { listGrants as readGrants } from '../store/grant-queries.ts';
import { readPrincipal, requirePrincipals } from './grant-principal.ts';
import { callerConditions, requireKeyForm, resolveKey } from './key-access.ts';
import { requireState } from './key-use.ts';
import { openPage } from './page.ts';

const implement = implementFor<KmsDeps>();

export const listGrants = implement(ListGrants, {
  resolve(call, input, deps) {
    requireKeyForm(call, deps, input.KeyId);
    return resolveKey(call, deps, input.KeyId);
  },
  async run(call, input, record, deps) {
    requireState(call, 'ListGrants', record);
    const { GrantId: grantId, GranteePrincipal } = input;
    if (grantId !== undefined && !isGrantId(grantId)) throw call.fail('InvalidGrantId', `Invalid grant ID ${grantId}`);
    const grantee = GranteePrincipal === undefined ? undefined : readPrincipal(call, deps, GranteePrincipal);
    const keyId = record.row.key_id;
    const page = openPage(call, deps, input, [keyId, grantId ?? null, grantee ?? null]);
    const found = await readGrants(deps.store.read, { keyId, grantId, grantee }, page.after, page.limit + 1);
    await deps.grants.verify(found);
    const { rows, ...end } = page.end(found, (row) => row.grant_id);
    return { Grants: rows.map((row) => entryOf(deps, row)), ...end };
  },
});

/** Of keys of any account: who may retire a grant may know of it. */
export const listRetirableGrants = implement(ListRetirableGrants, {
  resolve: (call, _input, deps) => ({
    targets: [{ resource: '*', context: callerConditions(call, deps) }],
    state: undefined,
  }),
  async run(call, input, _state, deps) {
    const retiring = readPrincipal(call, deps, input.RetiringPrincipal);
    // First, so that nobody learns who exists elsewhere.
    if (retiring.split(':')[4] !== call.caller.accountId)
      throw call.fail('InvalidArn', `the retiring principal ${retiring} is not of the own account`);
    const ids = await requirePrincipals(call, deps, [retiring]);
    const page = openPage(call, deps, input, retiring);
    const filter = { retiring, retiringId: ids.get(retiring) as string };
    const found = await readGrants(deps.store.read, filter, page.after, page.limit + 1);
    await deps.grants.verify(found);
    const { rows, ...end } = page.end(found, (row) => row.grant_id);
    return { Grants: rows.map((row) => entryOf(deps, row)), ...end };
  },
});

function entryOf(deps: KmsDeps, row: GrantRow) {
  const { operations, constraints } = termsOf(row);
  return {
    KeyId: keyArn({ ...deps.settings, accountId: row.account_id }, row.key_id),
    GrantId: row.grant_id,
    ...(row.name !== null && { Name: row.name }),
    CreationDate: row.created_at,
    GranteePrincipal: row.grantee,
    ...(row.retiring !== null && { RetiringPrincipal: row.retiring }),
    IssuingAccount: `arn:${deps.settings.partition}:iam::${row.issuing_account}:root`,
    Operations: [...operations],
    ...(Object.keys(constraints).length > 0 && { Constraints: constraints }),
  };
}
