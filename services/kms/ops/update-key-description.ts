import { implementFor } from '../../../platform/runtime/call.ts';
import { UpdateKeyDescription } from '../api/keys.ts';
import type { KmsDeps } from '../deps.ts';
import { resolveOwnKey } from './key-access.ts';
import { changeKey } from './key-change.ts';

const implement = implementFor<KmsDeps>();

export const updateKeyDescription = implement(UpdateKeyDescription, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, input, record, deps) {
    return changeKey(call, deps, 'UpdateKeyDescription', record, { description: input.Description }, undefined);
  },
});
