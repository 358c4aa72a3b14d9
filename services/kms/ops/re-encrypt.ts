import { implementFor } from '../../../platform/runtime/call.ts';
import { ReEncrypt } from '../api/crypto.ts';
import type { KmsDeps } from '../deps.ts';
import { parseCiphertext } from '../domain/ciphertext.ts';
import type { Condition } from '../store/key-record.ts';
import { findSource, opening, openMessage, requireSameKey } from './ciphertext-source.ts';
import { askAboutKey, findKey, missingKey } from './key-access.ts';
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

/** Two permissions on two keys: `kms:ReEncryptFrom` on the source, `kms:ReEncryptTo` on the destination. */
export const reEncrypt = implement(ReEncrypt, {
  async resolve(call, input, deps) {
    requireContext(call, input.SourceEncryptionContext);
    requireContext(call, input.DestinationEncryptionContext);
    const destination = await findKey(call, deps, input.DestinationKeyId);
    const sameKey = (keyId: string | undefined): Condition => [
      'kms:ReEncryptOnSameKey',
      keyId !== undefined && keyId === destination.record?.row.key_id ? 'true' : 'false',
    ];
    const sourceKeyId = parseCiphertext(input.CiphertextBlob)?.keyId;
    const source = await findSource(call, deps, input.CiphertextBlob, input.SourceKeyId, {
      conditions: [...contextConditions(input.SourceEncryptionContext), sameKey(sourceKeyId)],
    });
    const answer = await askAboutKey(call, deps, destination, {
      action: 'kms:ReEncryptTo',
      conditions: [...contextConditions(input.DestinationEncryptionContext), sameKey(sourceKeyId)],
    });
    const targets = [source.target, answer.target];
    if (answer.record) return { targets, state: { source, destination: answer.record } };
    return { targets, state: undefined as never, absent: missingKey(call, destination.reference) };
  },
  async run(call, input, { source, destination }, deps) {
    await requireSameKey(call, deps, source);
    requireUsable(call, 'ReEncrypt', source.record, {
      GrantTokens: input.GrantTokens,
      EncryptionAlgorithm: input.SourceEncryptionAlgorithm,
    });
    requireUsable(call, 'ReEncrypt', destination, { EncryptionAlgorithm: input.DestinationEncryptionAlgorithm });
    const { material, request } = openMessage(call, source, input.SourceEncryptionContext);
    const message = newMessage(destination, input.DestinationEncryptionContext);
    const sealed = await opening(call, deps.hsm.reseal(material.ref, request, destination.current.ref, message));
    endDryRun(call, input.DryRun);
    return {
      CiphertextBlob: ciphertextBlob(destination, sealed),
      SourceKeyId: source.record.arn,
      KeyId: destination.arn,
      SourceEncryptionAlgorithm: ALGORITHM,
      DestinationEncryptionAlgorithm: ALGORITHM,
      SourceKeyMaterialId: material.id,
      DestinationKeyMaterialId: destination.current.id,
    };
  },
});
