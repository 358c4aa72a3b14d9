import { implementFor } from '../../../platform/runtime/call.ts';
import { DisableKey, EnableKey } from '../api/lifecycle.ts';
import type { KmsDeps } from '../deps.ts';
import { STATE_AFTER } from '../domain/key-state.ts';
import { resolveOwnKey } from './key-access.ts';
import { changeKey } from './key-change.ts';

const implement = implementFor<KmsDeps>();

export const enableKey = implement(EnableKey, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, _input, record, deps) {
    return changeKey(call, deps, 'EnableKey', record, { state: STATE_AFTER.EnableKey }, undefined);
  },
});

export const disableKey = implement(DisableKey, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, _input, record, deps) {
    return changeKey(call, deps, 'DisableKey', record, { state: STATE_AFTER.DisableKey }, undefined);
  },
});
