import { implementFor } from '../../../platform/runtime/call.ts';
import { GenerateRandom } from '../api/data-keys.ts';
import type { KmsDeps } from '../deps.ts';
import { callerConditions } from './key-access.ts';

const implement = implementFor<KmsDeps>();

export const generateRandom = implement(GenerateRandom, {
  resolve(call, input, deps) {
    if (input.NumberOfBytes === undefined) throw call.fail('Validation', 'NumberOfBytes is required.');
    return { targets: [{ resource: '*', context: callerConditions(call, deps) }], state: input.NumberOfBytes };
  },
  async run(_call, _input, bytes, deps) {
    return { Plaintext: await deps.hsm.random(bytes) };
  },
});
