import { HsmError } from '../../../hsm/port.ts';
import type { AnyOperation, InputOf } from '../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { ReEncrypt } from '../api/crypto.ts';
import type { KmsDeps } from '../deps.ts';
import { parseCiphertext } from '../domain/ciphertext.ts';
import type { Condition, KeyRecord } from '../store/key-record.ts';
import { opening } from './ciphertext-source.ts';
import { findDecryption, openingOf, requireKeyOf } from './decryption.ts';
import { askAboutKey, type FoundKey, findKey, missingKey } from './key-access.ts';
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
type Input = InputOf<typeof ReEncrypt>;
type AnyCall = Call<AnyOperation>;

/** Two permissions on two keys: `kms:ReEncryptFrom` on the source, `kms:ReEncryptTo` on the destination. */
export const reEncrypt = implement(ReEncrypt, {
  async resolve(call, input, deps) {
    requireContext(call, input.SourceEncryptionContext);
    requireContext(call, input.DestinationEncryptionContext);
    const { SourceEncryptionAlgorithm: from, DestinationEncryptionAlgorithm: to } = input;
    const destination = await findKey(call, deps, input.DestinationKeyId);
    const same = await onSameKey(call, input, deps, destination);
    const encrypted = { blob: input.CiphertextBlob, keyId: input.SourceKeyId, algorithm: from };
    const source = await findDecryption(call, deps, encrypted, {
      conditions: [...contextConditions(input.SourceEncryptionContext, from), same],
    });
    const answer = await askAboutKey(call, deps, destination, {
      action: 'kms:ReEncryptTo',
      conditions: [...contextConditions(input.DestinationEncryptionContext, to), same],
    });
    const targets = [source.target, answer.target];
    const absent = source.absent ?? (answer.record ? undefined : missingKey(call, destination.reference));
    const state = { source: source.state, destination: answer.record! };
    return { targets, state, ...(absent && { absent }) };
  },
  async run(call, input, { source, destination }, deps) {
    await requireKeyOf(call, deps, source);
    const { SourceEncryptionAlgorithm = ALGORITHM, DestinationEncryptionAlgorithm = ALGORITHM } = input;
    requireUsable(call, 'ReEncrypt', source.record, {
      GrantTokens: input.GrantTokens,
      EncryptionAlgorithm: SourceEncryptionAlgorithm,
    });
    requireUsable(call, 'ReEncrypt', destination, { EncryptionAlgorithm: DestinationEncryptionAlgorithm });
    requireNoContext(call, SourceEncryptionAlgorithm, input.SourceEncryptionContext);
    requireNoContext(call, DestinationEncryptionAlgorithm, input.DestinationEncryptionContext);
    const { material, request } = openingOf(call, source, input.SourceEncryptionContext);
    const hash = oaepHash(DestinationEncryptionAlgorithm);
    const seal = hash === undefined ? newMessage(destination, input.DestinationEncryptionContext) : { hash };
    const resealed = deps.hsm.reseal(material.ref, request, destination.current.ref, seal);
    const sealed = await fitting(call, input, destination, opening(call, resealed));
    endDryRun(call, input.DryRun);
    return {
      CiphertextBlob: hash === undefined ? ciphertextBlob(destination, sealed) : sealed,
      SourceKeyId: source.record.arn,
      KeyId: destination.arn,
      SourceEncryptionAlgorithm,
      DestinationEncryptionAlgorithm,
      ...(source.kind === 'sealed' && { SourceKeyMaterialId: material.id }),
      ...(hash === undefined && { DestinationKeyMaterialId: destination.current.id }),
    };
  },
});

/** Whether source and destination are one key, as far as the request names them. */
async function onSameKey(call: AnyCall, input: Input, deps: KmsDeps, { record }: FoundKey): Promise<Condition> {
  const named = oaepHash(input.SourceEncryptionAlgorithm) !== undefined;
  const source = named
    ? input.SourceKeyId && (await findKey(call, deps, input.SourceKeyId)).record?.row.key_id
    : parseCiphertext(input.CiphertextBlob)?.keyId;
  return ['kms:ReEncryptOnSameKey', record !== undefined && source === record.row.key_id ? 'true' : 'false'];
}

/** How long the plaintext is, only the HSM knows. */
async function fitting(call: AnyCall, input: Input, destination: KeyRecord, run: Promise<Buffer>): Promise<Buffer> {
  try {
    return await run;
  } catch (error) {
    if (!(error instanceof HsmError) || error.code !== 'invalid') throw error;
    requireFitting(call, destination, input.DestinationEncryptionAlgorithm ?? ALGORITHM, Number.POSITIVE_INFINITY);
    throw error;
  }
}
