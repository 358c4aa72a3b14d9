import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, implementFor } from '../../../platform/runtime/call.ts';
import { BatchEncrypt, BatchGenerateDataKey } from '../api/batch.ts';
import type { KmsDeps } from '../deps.ts';
import type { Material } from '../store/key-record.ts';
import { attempt, byMaterial, type Item, type Place, resolveItems } from './batch.ts';
import { dataKeyBytes } from './generate-data-key.ts';
import { ciphertextBlob, requireUsable } from './key-use.ts';

const implement = implementFor<KmsDeps>();

interface Ready<Input> extends Place {
  material: Material;
  input: Input;
}

/** Items whose keys may be used, each with its input; `check` throws what is wrong with an item. */
function usable<Input>(
  call: Call<AnyOperation>,
  operation: 'Encrypt' | 'GenerateDataKey',
  places: readonly Item<Place>[],
  inputs: readonly Input[],
  check: (input: Input) => void = () => {},
): Promise<Item<Ready<Input>>[]> {
  return Promise.all(
    places.map((item, at) => {
      if ('problem' in item) return item;
      const { record, aad } = item.ready;
      return attempt(() => {
        requireUsable(call, operation, record, {});
        check(inputs[at]!);
        return { record, aad, material: record.current, input: inputs[at]! };
      });
    }),
  );
}

export const batchEncrypt = implement(BatchEncrypt, {
  resolve: (call, input, deps) => resolveItems(call, deps, input.Items),
  async run(call, input, places, deps) {
    const items = await usable(call, 'Encrypt', places, input.Items);
    return byMaterial(
      items,
      ({ ref, header }, group) =>
        deps.hsm.sealMany(
          ref,
          group.map(({ aad, input: { Plaintext: plaintext } }) => ({ header, aad, plaintext })),
        ),
      ({ record }, sealed) => ({ CiphertextBlob: ciphertextBlob(record, sealed), KeyId: record.arn }),
    );
  },
});

export const batchGenerateDataKey = implement(BatchGenerateDataKey, {
  resolve: (call, input, deps) => resolveItems(call, deps, input.Items),
  async run(call, input, places, deps) {
    const items = await usable(call, 'GenerateDataKey', places, input.Items, (item) => dataKeyBytes(call, item));
    return byMaterial(
      items,
      ({ ref, header }, group) =>
        deps.hsm.sealRandomMany(
          ref,
          group.map(({ aad, input: item }) => ({ header, aad, bytes: dataKeyBytes(call, item), withPlaintext: true })),
        ),
      ({ record }, { sealed, plaintext }) =>
        plaintext
          ? { CiphertextBlob: ciphertextBlob(record, sealed), Plaintext: plaintext, KeyId: record.arn }
          : call.fail('Internal', 'the HSM answered no data key'),
    );
  },
});
