import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { GenerateDataKey, GenerateDataKeyWithoutPlaintext } from '../api/data-keys.ts';
import type { KmsDeps } from '../deps.ts';
import type { EncryptionContext } from '../domain/canonical.ts';
import { resolveKey } from './key-access.ts';
import { ciphertextBlob, contextConditions, endDryRun, newMessage, requireContext, requireUsable } from './key-use.ts';

const implement = implementFor<KmsDeps>();

const BYTES = { AES_256: 32, AES_128: 16 } as const;

interface DataKeyInput {
  KeyId: string;
  EncryptionContext?: EncryptionContext | undefined;
  NumberOfBytes?: number | undefined;
  KeySpec?: keyof typeof BYTES | undefined;
}

/** Throws when the request gives both sizes or none. */
export function dataKeyBytes(call: Call<AnyOperation>, input: Pick<DataKeyInput, 'KeySpec' | 'NumberOfBytes'>): number {
  if ((input.KeySpec === undefined) === (input.NumberOfBytes === undefined)) {
    throw call.fail('Validation', 'Please specify either number of bytes or key spec.');
  }
  return input.NumberOfBytes ?? BYTES[input.KeySpec ?? 'AES_256'];
}

function resolve(call: Call<AnyOperation>, input: DataKeyInput, deps: KmsDeps) {
  dataKeyBytes(call, input);
  requireContext(call, input.EncryptionContext);
  return resolveKey(call, deps, input.KeyId, { conditions: contextConditions(input.EncryptionContext) });
}

export const generateDataKey = implement(GenerateDataKey, {
  resolve,
  async run(call, input, record, deps) {
    requireUsable(call, 'GenerateDataKey', record, { GrantTokens: input.GrantTokens });
    endDryRun(call, input.DryRun);
    const { sealed, plaintext } = await deps.hsm.sealRandom(record.current.ref, {
      ...newMessage(record, input.EncryptionContext),
      bytes: dataKeyBytes(call, input),
      withPlaintext: true,
    });
    if (!plaintext) throw call.fail('Internal', 'the HSM answered no data key');
    return {
      CiphertextBlob: ciphertextBlob(record, sealed),
      Plaintext: plaintext,
      KeyId: record.arn,
      KeyMaterialId: record.current.id,
    };
  },
});

export const generateDataKeyWithoutPlaintext = implement(GenerateDataKeyWithoutPlaintext, {
  resolve,
  async run(call, input, record, deps) {
    requireUsable(call, 'GenerateDataKeyWithoutPlaintext', record, { GrantTokens: input.GrantTokens });
    endDryRun(call, input.DryRun);
    const { sealed } = await deps.hsm.sealRandom(record.current.ref, {
      ...newMessage(record, input.EncryptionContext),
      bytes: dataKeyBytes(call, input),
      withPlaintext: false,
    });
    return {
      CiphertextBlob: ciphertextBlob(record, sealed),
      KeyId: record.arn,
      KeyMaterialId: record.current.id,
    };
  },
});
