import { implementFor } from '../../../platform/runtime/call.ts';
import { Decrypt } from '../api/crypto.ts';
import type { KmsDeps } from '../deps.ts';
import { opening } from './ciphertext-source.ts';
import { findDecryption, openingOf, requireKeyOf } from './decryption.ts';
import { ALGORITHM, contextConditions, endDryRun, requireContext, requireUsable } from './key-use.ts';
import { requireNoContext } from './rsa-encryption.ts';

const implement = implementFor<KmsDeps>();

export const decrypt = implement(Decrypt, {
  async resolve(call, input, deps) {
    requireContext(call, input.EncryptionContext);
    const question = { conditions: contextConditions(input.EncryptionContext, input.EncryptionAlgorithm) };
    const encrypted = { blob: input.CiphertextBlob, keyId: input.KeyId, algorithm: input.EncryptionAlgorithm };
    const { target, ...found } = await findDecryption(call, deps, encrypted, question);
    return { targets: [target], ...found };
  },
  async run(call, input, source, deps) {
    const { record } = source;
    await requireKeyOf(call, deps, source);
    requireUsable(call, 'Decrypt', record, input);
    requireNoContext(call, input.EncryptionAlgorithm, input.EncryptionContext);
    const { material, request } = openingOf(call, source, input.EncryptionContext);
    const opened =
      'ciphertext' in request ? deps.hsm.decryptWith(material.ref, request) : deps.hsm.open(material.ref, request);
    const plaintext = await opening(call, opened);
    if (input.DryRun) plaintext.fill(0);
    endDryRun(call, input.DryRun);
    return {
      KeyId: record.arn,
      Plaintext: plaintext,
      EncryptionAlgorithm: input.EncryptionAlgorithm ?? ALGORITHM,
      ...(source.kind === 'sealed' && { KeyMaterialId: material.id }),
    };
  },
});
