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
import { oaepHash, requireFitting, requireNoContext } from './rsa-encryption.ts';

const implement = implementFor<KmsDeps>();

export const encrypt = implement(Encrypt, {
  resolve(call, input, deps) {
    requireContext(call, input.EncryptionContext);
    const conditions = contextConditions(input.EncryptionContext, input.EncryptionAlgorithm);
    return resolveKey(call, deps, input.KeyId, { conditions });
  },
  async run(call, input, record, deps) {
    requireUsable(call, 'Encrypt', record, input);
    const { EncryptionAlgorithm = ALGORITHM, EncryptionContext, Plaintext: plaintext } = input;
    requireNoContext(call, EncryptionAlgorithm, EncryptionContext);
    requireFitting(call, record, EncryptionAlgorithm, plaintext.length);
    endDryRun(call, input.DryRun);
    const { ref } = record.current;
    const hash = oaepHash(EncryptionAlgorithm);
    const CiphertextBlob =
      hash === undefined
        ? ciphertextBlob(record, await deps.hsm.seal(ref, { ...newMessage(record, EncryptionContext), plaintext }))
        : await deps.hsm.encryptTo(ref, { hash, plaintext });
    return { CiphertextBlob, KeyId: record.arn, EncryptionAlgorithm };
  },
});
