import { implementFor } from '../../../platform/runtime/call.ts';
import { ListKeys } from '../api/keys.ts';
import type { KmsDeps } from '../deps.ts';
import { keyArn } from '../domain/key-ref.ts';
import { guardedKey, listKeys as readKeys } from '../store/queries.ts';
import { callerConditions } from './key-access.ts';
import { openPage } from './page.ts';

const implement = implementFor<KmsDeps>();

export const listKeys = implement(ListKeys, {
  resolve: (call, _input, deps) => ({
    targets: [{ resource: '*', context: callerConditions(call, deps) }],
    state: undefined,
  }),
  async run(call, input, _state, deps) {
    const page = openPage(call, deps, input);
    const found = await readKeys(deps.store.read, call.caller.accountId, page.after, page.limit + 1);
    // A row that was moved here from another account must not be listed as if it were ours.
    await deps.guard.verify(found.map(guardedKey));
    const { rows, ...end } = page.end(found, (row) => row.key_id);
    const Keys = rows.map((row) => ({
      KeyId: row.key_id,
      KeyArn: keyArn({ accountId: row.account_id, partition: row.partition, region: row.region }, row.key_id),
    }));
    return { Keys, ...end };
  },
});
