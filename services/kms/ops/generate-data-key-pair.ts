import type { KeyPairSpec as HsmKeyPairSpec, SealedKeyPair } from '../../../hsm/port.ts';
import type { AnyOperation, InputOf } from '../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { GenerateDataKeyPair, GenerateDataKeyPairWithoutPlaintext } from '../api/data-keys.ts';
import type { KmsDeps } from '../deps.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { resolveKey } from './key-access.ts';
import { ciphertextBlob, contextConditions, endDryRun, newMessage, requireContext, requireUsable } from './key-use.ts';

const implement = implementFor<KmsDeps>();
type Input = InputOf<typeof GenerateDataKeyPair>;

function resolve(call: Call<AnyOperation>, input: Input, deps: KmsDeps) {
  requireContext(call, input.EncryptionContext);
  return resolveKey(call, deps, input.KeyId, {
    conditions: [...contextConditions(input.EncryptionContext), ['kms:DataKeyPairSpec', input.KeyPairSpec]],
  });
}

async function newPair(
  call: Call<AnyOperation>,
  input: Input,
  record: KeyRecord,
  deps: KmsDeps,
  withPlaintext: boolean,
): Promise<SealedKeyPair> {
  if (input.KeyPairSpec === 'SM2') throw call.fail('UnsupportedOperation', 'KeyPairSpec SM2 is not offered');
  endDryRun(call, input.DryRun);
  const spec: HsmKeyPairSpec = input.KeyPairSpec;
  return deps.hsm.sealKeyPair(record.current.ref, {
    ...newMessage(record, input.EncryptionContext),
    spec,
    withPlaintext,
  });
}

function answer(input: Input, record: KeyRecord, { sealed, publicKey }: SealedKeyPair) {
  return {
    PrivateKeyCiphertextBlob: ciphertextBlob(record, sealed),
    PublicKey: publicKey,
    KeyId: record.arn,
    KeyPairSpec: input.KeyPairSpec,
    KeyMaterialId: record.current.id,
  };
}

export const generateDataKeyPair = implement(GenerateDataKeyPair, {
  resolve,
  async run(call, input, record, deps) {
    requireUsable(call, 'GenerateDataKeyPair', record, { GrantTokens: input.GrantTokens });
    const pair = await newPair(call, input, record, deps, true);
    if (!pair.plaintext) throw call.fail('Internal', 'the HSM answered no private key');
    return { ...answer(input, record, pair), PrivateKeyPlaintext: pair.plaintext };
  },
});

export const generateDataKeyPairWithoutPlaintext = implement(GenerateDataKeyPairWithoutPlaintext, {
  resolve,
  async run(call, input, record, deps) {
    requireUsable(call, 'GenerateDataKeyPairWithoutPlaintext', record, { GrantTokens: input.GrantTokens });
    return answer(input, record, await newPair(call, input, record, deps, false));
  },
});
