import { change, implementFor } from '../../../platform/runtime/call.ts';
import { RevokeSecretGrant } from '../api/grants.ts';
import type { CcmsDeps } from '../deps.ts';
import { grantRowBytes } from '../domain/grant.ts';
import { replaceGrant } from '../store/grant-queries.ts';
import { grantEntry, requireGrant, resolveOwnSecret } from './grant-entry.ts';
import { retireKeyGrant } from './key-grants.ts';
import { conflict, noChange } from './secret-change.ts';

const implement = implementFor<CcmsDeps>();

export const revokeSecretGrant = implement(RevokeSecretGrant, {
  resolve: (call, input, deps) => resolveOwnSecret(call, deps, input.SecretId),

  async run(call, input, secret, deps) {
    const { row_mac, ...before } = await requireGrant(call, deps, secret, input.GrantId);
    // The key first: should the rest fail, the grantee reads nothing, and the request is repeated.
    const KeyGrantEnded = before.key_grant_id === null ? undefined : await retireKeyGrant(call, deps, before);
    const ended = KeyGrantEnded === undefined ? {} : { KeyGrantEnded };
    if (before.revoked_at !== null) return noChange({ Grant: grantEntry({ ...before, row_mac }, call.now), ...ended });
    const row = { ...before, revoked_at: call.now, revoked_by: call.caller.arn, version: before.version + 1 };
    const [mac] = await deps.guard.seal([grantRowBytes(row)]);
    return change(
      async (tx) => {
        if (!(await replaceGrant(tx, { ...row, row_mac: mac! }))) throw conflict(call, secret);
        return { Grant: grantEntry({ ...row, row_mac: mac! }, call.now), ...ended };
      },
      () => deps.grants.noteRevoked(row.grant_id),
    );
  },
});
