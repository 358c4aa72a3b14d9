/**
 * Many items in one request; ours, AWS has no such operations. The permission is that of the single operation, asked once
 * for every distinct key and context; where one of them is denied, the whole request is. Everything else that is wrong
 * with an item is answered in its place, under the code the single operation has for it.
 */

import { defineOperation } from '../../../platform/contract/operation.ts';
import {
  ArnText,
  annotate,
  integer,
  list,
  oneOf,
  secretBlob,
  structure,
  text,
} from '../../../platform/contract/shape.ts';
import { CRYPTO_CONDITIONS } from './conditions.ts';
import { cryptoErrors } from './errors.ts';
import { Ciphertext, EncryptionContext, GrantTokens, KeyIdRef } from './shapes.ts';

export const MAX_BATCH_ITEMS = 500;

/** The record says how many; which keys is in its resources, which contexts in its decision. */
function items<T extends Parameters<typeof list>[0]>(item: T) {
  return annotate(list(item, 1, MAX_BATCH_ITEMS), { audit: 'length' });
}

/** Instead of a result: why there is none. */
const problem = { ErrorCode: text(1, 64).optional(), ErrorMessage: text(0, 2048).optional() };
const counted = { FailedCount: integer(0, MAX_BATCH_ITEMS) };

export const BatchEncrypt = defineOperation({
  name: 'BatchEncrypt',
  service: 'kms',
  doc: 'Encrypts up to 500 items under symmetric keys. Results are in the order of the items.',
  input: structure({
    Items: items(
      structure({ KeyId: KeyIdRef, Plaintext: secretBlob(4096), EncryptionContext: EncryptionContext.optional() }),
    ),
    GrantTokens: GrantTokens.optional(),
  }),
  output: structure({
    Items: items(structure({ CiphertextBlob: Ciphertext.optional(), KeyId: ArnText.optional(), ...problem })),
    ...counted,
  }),
  errors: cryptoErrors(),
  authz: { action: 'kms:Encrypt', resource: 'kms:key', conditions: CRYPTO_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  examples: [
    {
      title: 'two items of one key',
      input: {
        Items: [
          { KeyId: 'alias/app', Plaintext: 'b25l', EncryptionContext: { row: '1' } },
          { KeyId: 'alias/app', Plaintext: 'dHdv', EncryptionContext: { row: '2' } },
        ],
      },
    },
  ],
});

export const BatchDecrypt = defineOperation({
  name: 'BatchDecrypt',
  service: 'kms',
  doc: 'Opens up to 500 ciphertexts of symmetric keys; each names its key. Results are in the order of the items.',
  input: structure({
    Items: items(
      structure({
        CiphertextBlob: Ciphertext,
        EncryptionContext: EncryptionContext.optional(),
        /** When given, it must be the key of the ciphertext. */
        KeyId: KeyIdRef.optional(),
      }),
    ),
    GrantTokens: GrantTokens.optional(),
  }),
  output: structure({
    Items: items(structure({ Plaintext: secretBlob(4096, 0).optional(), KeyId: ArnText.optional(), ...problem })),
    ...counted,
  }),
  errors: cryptoErrors('InvalidCiphertext', 'IncorrectKey'),
  authz: { action: 'kms:Decrypt', resource: 'kms:key', conditions: CRYPTO_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  examples: [
    {
      title: 'one item',
      input: { Items: [{ CiphertextBlob: 'AQEANAECAwQ=' }] },
    },
  ],
});

export const BatchGenerateDataKey = defineOperation({
  name: 'BatchGenerateDataKey',
  service: 'kms',
  doc: 'Makes up to 500 data keys, each answered in the clear and encrypted. Give KeySpec or NumberOfBytes with each.',
  input: structure({
    Items: items(
      structure({
        KeyId: KeyIdRef,
        EncryptionContext: EncryptionContext.optional(),
        NumberOfBytes: integer(1, 1024).optional(),
        KeySpec: oneOf(['AES_256', 'AES_128']).optional(),
      }),
    ),
    GrantTokens: GrantTokens.optional(),
  }),
  output: structure({
    Items: items(
      structure({
        CiphertextBlob: Ciphertext.optional(),
        Plaintext: secretBlob(1024).optional(),
        KeyId: ArnText.optional(),
        ...problem,
      }),
    ),
    ...counted,
  }),
  errors: cryptoErrors(),
  authz: { action: 'kms:GenerateDataKey', resource: 'kms:key', conditions: CRYPTO_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  examples: [{ title: 'one AES-256 key', input: { Items: [{ KeyId: 'alias/app', KeySpec: 'AES_256' }] } }],
});
