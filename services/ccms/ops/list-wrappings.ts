import { change, implementFor } from '../../../platform/runtime/call.ts';
import { DescribeWrapping, ListWrappings, RevokeWrapping } from '../api/wrapping.ts';
import type { CcmsDeps } from '../deps.ts';
import { wrappingState } from '../domain/wrapping.ts';
import { resolveOwnSecret } from './grant-entry.ts';
import { openPage } from './page.ts';
import { namedOutput } from './secret-access.ts';
import { conflict, noChange } from './secret-change.ts';
import { isOld, requireWrapping, wrappingEntry } from './wrapping-entry.ts';

const implement = implementFor<CcmsDeps>();

export const describeWrapping = implement(DescribeWrapping, {
  resolve: (call, input, deps) => resolveOwnSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    return { Wrapping: wrappingEntry(await requireWrapping(call, deps, secret, input.WrappingId), call.now) };
  },
});

export const listWrappings = implement(ListWrappings, {
  resolve: (call, input, deps) => resolveOwnSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    const { secret_id } = secret.row;
    const page = openPage<string>(call, deps, input, secret_id);
    const found = await deps.wrappings.list(secret_id, page.after ?? '', page.limit + 1);
    const { rows, ...end } = page.end(found, (row) => row.wrapping_id);
    const Wrappings = rows.filter((row) => !isOld(row, call.now)).map((row) => wrappingEntry(row, call.now));
    return { ...namedOutput(secret), Wrappings, ...end };
  },
});

export const revokeWrapping = implement(RevokeWrapping, {
  resolve: (call, input, deps) => resolveOwnSecret(call, deps, input.SecretId),
  async run(call, input, secret, deps) {
    const row = await requireWrapping(call, deps, secret, input.WrappingId);
    if (row.unwrapped_at !== null) {
      throw call.fail('InvalidRequest', `the value was unwrapped at ${new Date(row.unwrapped_at).toISOString()}`, {
        hint: 'DescribeWrapping shows by whom; if that is not who it was for, change the secret',
      });
    }
    if (wrappingState(row, call.now) !== 'Open') return noChange({ Wrapping: wrappingEntry(row, call.now) });
    const next = await deps.wrappings.sealed({ ...row, sealed: null, revoked_at: call.now, version: row.version + 1 });
    return change(
      async (tx) => {
        if (!(await deps.wrappings.replace(tx, next))) throw conflict(call, secret);
        return { Wrapping: wrappingEntry(next, call.now) };
      },
      () => deps.wrappings.written(next),
    );
  },
});
