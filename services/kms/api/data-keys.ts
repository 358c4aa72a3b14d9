/** Data keys for envelope encryption, and random bytes, both from the generator of the HSM. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, flag, integer, oneOf, secretBlob, structure } from '../../../platform/contract/shape.ts';
import { ACCOUNT_CONDITIONS, CRYPTO_CONDITIONS } from './conditions.ts';
import { cryptoErrors, managementErrors } from './errors.ts';
import { KEY_USERS } from './on-behalf.ts';
import { Ciphertext, EncryptionContext, GrantTokens, KeyIdRef, KeyMaterialId } from './shapes.ts';

const DataKeySpec = oneOf(['AES_256', 'AES_128']);
const NumberOfBytes = integer(1, 1024);

const dataKeyInput = {
  KeyId: KeyIdRef,
  EncryptionContext: EncryptionContext.optional(),
  NumberOfBytes: NumberOfBytes.optional(),
  KeySpec: DataKeySpec.optional(),
  GrantTokens: GrantTokens.optional(),
  DryRun: flag().optional(),
};

export const GenerateDataKey = defineOperation({
  name: 'GenerateDataKey',
  service: 'kms',
  doc: 'Makes a data key and answers it twice: in the clear and encrypted under the key. Give KeySpec or NumberOfBytes.',
  input: structure(dataKeyInput),
  output: structure({ CiphertextBlob: Ciphertext, Plaintext: secretBlob(1024), KeyId: ArnText, KeyMaterialId }),
  errors: cryptoErrors(),
  authz: { action: 'kms:GenerateDataKey', resource: 'kms:key', conditions: CRYPTO_CONDITIONS },
  onBehalf: KEY_USERS,
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GenerateDataKey', unsupported: ['Recipient'] },
  examples: [{ title: 'an AES-256 key', input: { KeyId: 'alias/app', KeySpec: 'AES_256' } }],
});

export const GenerateDataKeyWithoutPlaintext = defineOperation({
  name: 'GenerateDataKeyWithoutPlaintext',
  service: 'kms',
  doc: 'Makes a data key and answers it encrypted only, for whoever will decrypt it later. Give KeySpec or NumberOfBytes.',
  input: structure(dataKeyInput),
  output: structure({ CiphertextBlob: Ciphertext, KeyId: ArnText, KeyMaterialId }),
  errors: cryptoErrors(),
  authz: { action: 'kms:GenerateDataKeyWithoutPlaintext', resource: 'kms:key', conditions: CRYPTO_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GenerateDataKeyWithoutPlaintext' },
  examples: [{ title: 'an AES-256 key', input: { KeyId: 'alias/app', KeySpec: 'AES_256' } }],
});

export const GenerateRandom = defineOperation({
  name: 'GenerateRandom',
  service: 'kms',
  doc: 'Answers 1 to 1024 bytes from the generator of the HSM.',
  input: structure({ NumberOfBytes: NumberOfBytes.optional() }),
  output: structure({ Plaintext: secretBlob(1024) }),
  errors: managementErrors('UnsupportedOperation'),
  authz: { action: 'kms:GenerateRandom', resource: '*', conditions: ACCOUNT_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GenerateRandom', unsupported: ['CustomKeyStoreId', 'Recipient'] },
  examples: [{ title: '32 bytes', input: { NumberOfBytes: 32 } }],
});
