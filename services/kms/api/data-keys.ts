/** Data keys for envelope encryption, and random bytes, both from the generator of the HSM. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, flag, integer, oneOf, secretBlob, structure } from '../../../platform/contract/shape.ts';
import { ACCOUNT_CONDITIONS, CRYPTO_CONDITIONS, DATA_KEY_PAIR_CONDITIONS } from './conditions.ts';
import { cryptoErrors, managementErrors } from './errors.ts';
import { KEY_USERS } from './on-behalf.ts';
import { Ciphertext, EncryptionContext, GrantTokens, KeyIdRef, KeyMaterialId, PublicKey } from './shapes.ts';

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

const KeyPairSpec = oneOf([
  'RSA_2048',
  'RSA_3072',
  'RSA_4096',
  'ECC_NIST_P256',
  'ECC_NIST_P384',
  'ECC_NIST_P521',
  'ECC_SECG_P256K1',
  'SM2',
  'ECC_NIST_EDWARDS25519',
]);

const dataKeyPairInput = {
  EncryptionContext: EncryptionContext.optional(),
  KeyId: KeyIdRef,
  KeyPairSpec,
  GrantTokens: GrantTokens.optional(),
  DryRun: flag().optional(),
};
const dataKeyPairOutput = {
  PrivateKeyCiphertextBlob: Ciphertext,
  PublicKey,
  KeyId: ArnText,
  KeyPairSpec,
  KeyMaterialId,
};

export const GenerateDataKeyPair = defineOperation({
  name: 'GenerateDataKeyPair',
  service: 'kms',
  doc: 'Makes a key pair and answers its private key (PKCS#8) twice: in the clear and encrypted under a symmetric key.',
  input: structure(dataKeyPairInput),
  output: structure({ ...dataKeyPairOutput, PrivateKeyPlaintext: secretBlob(4096) }),
  errors: cryptoErrors('UnsupportedOperation'),
  authz: { action: 'kms:GenerateDataKeyPair', resource: 'kms:key', conditions: DATA_KEY_PAIR_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GenerateDataKeyPair', unsupported: ['Recipient'] },
  examples: [{ title: 'a P-256 pair', input: { KeyId: 'alias/app', KeyPairSpec: 'ECC_NIST_P256' } }],
});

export const GenerateDataKeyPairWithoutPlaintext = defineOperation({
  name: 'GenerateDataKeyPairWithoutPlaintext',
  service: 'kms',
  doc: 'Makes a key pair and answers its private key (PKCS#8) encrypted only, for whoever will decrypt it later.',
  input: structure(dataKeyPairInput),
  output: structure(dataKeyPairOutput),
  errors: cryptoErrors('UnsupportedOperation'),
  authz: {
    action: 'kms:GenerateDataKeyPairWithoutPlaintext',
    resource: 'kms:key',
    conditions: DATA_KEY_PAIR_CONDITIONS,
  },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GenerateDataKeyPairWithoutPlaintext' },
  examples: [{ title: 'a P-256 pair', input: { KeyId: 'alias/app', KeyPairSpec: 'ECC_NIST_P256' } }],
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
