import type { AuthorizationTarget } from '../../../platform/runtime/call.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { BatchDecrypt } from '../api/batch.ts';
import type { KmsDeps } from '../deps.ts';
import { messageAad, parseCiphertext } from '../domain/ciphertext.ts';
import type { Material } from '../store/key-record.ts';
import { attempt, byMaterial, contextText, type Item, once, requireContexts, requireTargets } from './batch.ts';
import {
  type CiphertextSource,
  findSource,
  invalidCiphertext,
  openMessage,
  requireSameKey,
} from './ciphertext-source.ts';
import { contextConditions, requireUsable } from './key-use.ts';

const implement = implementFor<KmsDeps>();

interface Found {
  source: CiphertextSource;
  aad: Buffer;
}

interface Ready {
  source: CiphertextSource;
  material: Material;
  request: { header: Buffer; aad: Buffer; sealed: Buffer };
}

export const batchDecrypt = implement(BatchDecrypt, {
  async resolve(call, input, deps) {
    requireContexts(call, input.Items);
    const targets: AuthorizationTarget[] = [];
    const ask = once<Item<Found>>();
    const state: Item<Found>[] = [];
    for (const { CiphertextBlob, EncryptionContext, KeyId } of input.Items) {
      const ciphertext = parseCiphertext(CiphertextBlob);
      if (!ciphertext) {
        state.push({ problem: invalidCiphertext(call) });
        continue;
      }
      const question = JSON.stringify([ciphertext.keyId, KeyId, contextText(EncryptionContext)]);
      const item = await ask(question, () =>
        attempt(async () => {
          const conditions = contextConditions(EncryptionContext);
          const source = await findSource(call, deps, CiphertextBlob, KeyId, { conditions });
          targets.push(source.target);
          return { source, aad: messageAad(source.record.ownerAad, EncryptionContext) };
        }),
      );
      state.push('ready' in item ? { ready: { ...item.ready, source: { ...item.ready.source, ciphertext } } } : item);
    }
    return requireTargets(call, targets, state);
  },

  async run(call, _input, found, deps) {
    const items = await Promise.all(found.map((item) => ('ready' in item ? ready(call, deps, item.ready) : item)));
    return byMaterial(
      items,
      ({ ref }, group) =>
        deps.hsm.openMany(
          ref,
          group.map(({ request }) => request),
        ),
      ({ source }, plaintext) =>
        plaintext ? { Plaintext: plaintext, KeyId: source.record.arn } : invalidCiphertext(call),
    );
  },
});

function ready(call: Call<typeof BatchDecrypt>, deps: KmsDeps, { source, aad }: Found): Promise<Item<Ready>> {
  return attempt(async () => {
    await requireSameKey(call, deps, source);
    requireUsable(call, 'Decrypt', source.record, {});
    return { source, ...openMessage(call, source, aad) };
  });
}
