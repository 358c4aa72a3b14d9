import { change, implementFor, noResource } from '../../../platform/runtime/call.ts';
import { BlockKey, ListBlockedKeys, UnblockKey } from '../api/blocked-keys.ts';
import type { PcaDeps } from '../deps.ts';
import { MAX_BLOCKED_KEYS_PER_ACCOUNT } from '../domain/limits.ts';
import type { BlockedKeyRow } from '../domain/rows.ts';
import { countBlockedKeys, deleteBlockedKey, insertBlockedKey, listBlockedKeys } from '../store/certificate-queries.ts';
import { openPage } from './page.ts';

const implement = implementFor<PcaDeps>();

const show = (row: BlockedKeyRow) => ({
  KeyHash: row.public_key_hash,
  Reason: row.reason,
  BlockedAt: row.blocked_at,
});

export const blockKey = implement(BlockKey, {
  resolve: noResource,
  async run(call, input) {
    const { accountId } = call.caller;
    return change(async (tx) => {
      if ((await countBlockedKeys(tx, accountId)) >= MAX_BLOCKED_KEYS_PER_ACCOUNT)
        throw call.fail('LimitExceeded', `account has blocked ${MAX_BLOCKED_KEYS_PER_ACCOUNT} keys`);
      const row = await insertBlockedKey(tx, {
        account_id: accountId,
        public_key_hash: input.KeyHash,
        reason: input.Reason,
        blocked_at: call.now,
      });
      return { BlockedKey: show(row) };
    });
  },
});

export const unblockKey = implement(UnblockKey, {
  resolve: noResource,
  async run(call, input) {
    return change(async (tx) => {
      if (!(await deleteBlockedKey(tx, call.caller.accountId, input.KeyHash)))
        throw call.fail('NotFound', `key ${input.KeyHash} is not blocked`, {
          hint: 'ListBlockedKeys shows those that are',
        });
      return undefined;
    });
  },
});

export const listBlockedKeysOfAccount = implement(ListBlockedKeys, {
  resolve: noResource,
  async run(call, input, _state, deps) {
    const page = openPage(call, deps, input);
    const found = await listBlockedKeys(deps.store.read, call.caller.accountId, page.after, page.limit + 1);
    const { rows, ...end } = page.end(found, (row) => row.public_key_hash);
    return { BlockedKeys: rows.map(show), ...end };
  },
});
