import { implementFor } from '../../../platform/runtime/call.ts';
import { Encrypt } from '../api/crypto.ts';
import type { KmsDeps } from '../deps.ts';
import { resolveKey } from './key-access.ts';
import {
  ALGORITHM,
  ciphertextBlob,
  contextConditions,
  endDryRun,
  newMessage,
  requireContext,
  requireUsable,
} from './key-use.ts';

const implement = implementFor<KmsDeps>();

export const encrypt = implement(Encrypt, {
  resolve(call, input, deps) {
    requireContext(call, input.EncryptionContext);
    return resolveKey(call, deps, input.KeyId, { conditions: contextConditions(input.EncryptionContext) });
  },
  async run(call, input, record, deps) {
    requireUsable(call, 'Encrypt', record, input);
    endDryRun(call, input.DryRun);
    const sealed = await deps.hsm.seal(record.current.ref, {
      ...newMessage(record, input.EncryptionContext),
      plaintext: input.Plaintext,
    });
    return { CiphertextBlob: ciphertextBlob(record, sealed), KeyId: record.arn, EncryptionAlgorithm: ALGORITHM };
  },
});
