import { implementFor } from '../../../platform/runtime/call.ts';
import { DisableKey, EnableKey } from '../api/lifecycle.ts';
import type { KmsDeps } from '../deps.ts';
import { STATE_AFTER } from '../domain/key-state.ts';
import { resolveOwnKey } from './key-access.ts';
import { changeKey } from './key-change.ts';
import { requireState } from './key-use.ts';

const implement = implementFor<KmsDeps>();

export const enableKey = implement(EnableKey, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, _input, record, deps) {
    requireState(call, 'EnableKey', record);
    return changeKey(call, deps, record, { state: STATE_AFTER.EnableKey }, undefined);
  },
});

export const disableKey = implement(DisableKey, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, _input, record, deps) {
    requireState(call, 'DisableKey', record);
    return changeKey(call, deps, record, { state: STATE_AFTER.DisableKey }, undefined);
  },
});
