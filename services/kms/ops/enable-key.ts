import { implementFor } from '../../../platform/runtime/call.ts';
import { DisableKey, EnableKey } from '../api/lifecycle.ts';
import type { KmsDeps } from '../deps.ts';
import { STATE_AFTER } from '../domain/key-state.ts';
import { resolveOwnKey } from './key-access.ts';
import { changeKey, changeKeys, edited } from './key-change.ts';
import { requireState } from './key-use.ts';
import { overdueRotation } from './rotation.ts';

const implement = implementFor<KmsDeps>();

export const enableKey = implement(EnableKey, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  async run(call, _input, record, deps) {
    // A rotation that fell due while the key could not be used is made up for at once.
    const rotation = await overdueRotation(deps, record, call.now);
    return changeKeys(call, deps, {
      check: () => requireState(call, 'EnableKey', record),
      keys: [edited(record, { ...rotation?.edit, state: STATE_AFTER.EnableKey })],
      ...(rotation && { also: rotation.write }),
      output: undefined,
    });
  },
});

export const disableKey = implement(DisableKey, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, _input, record, deps) {
    return changeKey(call, deps, 'DisableKey', record, { state: STATE_AFTER.DisableKey }, undefined);
  },
});
