import { implementFor, type Resolved } from '../../../platform/runtime/call.ts';
import { ListAliases } from '../api/aliases.ts';
import type { KmsDeps } from '../deps.ts';
import { aliasArn } from '../domain/key-ref.ts';
import { guardedAlias } from '../store/key-cache.ts';
import { listAliases as readAliases } from '../store/queries.ts';
import { callerConditions, findOwnKey, missingKey, placeOf } from './key-access.ts';
import { openPage } from './page.ts';

const implement = implementFor<KmsDeps>();

/** Identity policies alone permit listing; a key policy has no say (as in AWS). */
export const listAliases = implement(ListAliases, {
  async resolve(call, input, deps): Promise<Resolved<string | undefined>> {
    const targets = [{ resource: '*', context: callerConditions(call, deps) }];
    if (input.KeyId === undefined) return { targets, state: undefined };
    const { reference, record } = await findOwnKey(call, deps, input.KeyId);
    if (!record) return { targets, state: undefined, absent: missingKey(call, reference) };
    return { targets, state: record.row.key_id };
  },
  async run(call, input, keyId, deps) {
    const place = placeOf(call, deps);
    const page = openPage(call, deps, input, keyId ?? null);
    const found = await readAliases(deps.store.read, place.accountId, keyId, page.after, page.limit + 1);
    await deps.guard.verify(found.map(guardedAlias));
    const { rows, ...end } = page.end(found, (row) => row.name);
    const Aliases = rows.map((row) => ({
      AliasName: row.name,
      AliasArn: aliasArn(place, row.name),
      TargetKeyId: row.key_id,
      CreationDate: row.created_at,
      LastUpdatedDate: row.updated_at,
    }));
    return { Aliases, ...end };
  },
});
