import { implementFor } from '../../../platform/runtime/call.ts';
import { Decrypt } from '../api/crypto.ts';
import type { KmsDeps } from '../deps.ts';
import { findSource, opening, openMessage, requireSameKey } from './ciphertext-source.ts';
import { ALGORITHM, contextConditions, endDryRun, requireContext, requireUsable } from './key-use.ts';

const implement = implementFor<KmsDeps>();

export const decrypt = implement(Decrypt, {
  async resolve(call, input, deps) {
    requireContext(call, input.EncryptionContext);
    const question = { conditions: contextConditions(input.EncryptionContext) };
    const source = await findSource(call, deps, input.CiphertextBlob, input.KeyId, question);
    return { targets: [source.target], state: source };
  },
  async run(call, input, source, deps) {
    await requireSameKey(call, deps, source);
    requireUsable(call, 'Decrypt', source.record, input);
    const { material, request } = openMessage(call, source, input.EncryptionContext);
    const plaintext = await opening(call, deps.hsm.open(material.ref, request));
    if (input.DryRun) plaintext.fill(0);
    endDryRun(call, input.DryRun);
    return {
      KeyId: source.record.arn,
      Plaintext: plaintext,
      EncryptionAlgorithm: ALGORITHM,
      KeyMaterialId: material.id,
    };
  },
});
