/** Encryption under a key. Every answer names the key by its ARN. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, flag, secretBlob, structure } from '../../../platform/contract/shape.ts';
import { CRYPTO_CONDITIONS } from './conditions.ts';
import { cryptoErrors } from './errors.ts';
import { KEY_USERS } from './on-behalf.ts';
import { Ciphertext, EncryptionAlgorithm, EncryptionContext, GrantTokens, KeyIdRef, KeyMaterialId } from './shapes.ts';

export const Encrypt = defineOperation({
  name: 'Encrypt',
  service: 'kms',
  doc: 'Encrypts up to 4096 bytes under a key. Takes a key id, key ARN, alias name or alias ARN.',
  input: structure({
    KeyId: KeyIdRef,
    Plaintext: secretBlob(4096),
    EncryptionContext: EncryptionContext.optional(),
    GrantTokens: GrantTokens.optional(),
    EncryptionAlgorithm: EncryptionAlgorithm.optional(),
    DryRun: flag().optional(),
  }),
  output: structure({ CiphertextBlob: Ciphertext, KeyId: ArnText, EncryptionAlgorithm }),
  errors: cryptoErrors(),
  authz: { action: 'kms:Encrypt', resource: 'kms:key', conditions: CRYPTO_CONDITIONS },
  onBehalf: KEY_USERS,
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.Encrypt' },
  examples: [
    {
      title: 'with a context',
      input: { KeyId: 'alias/app', Plaintext: 'aGVsbG8=', EncryptionContext: { purpose: 'invoice' } },
    },
  ],
});

export const Decrypt = defineOperation({
  name: 'Decrypt',
  service: 'kms',
  doc: 'Opens a ciphertext that Encrypt, ReEncrypt or a data key operation made. The ciphertext names its key; a KeyId, when given, must be that key.',
  input: structure({
    CiphertextBlob: Ciphertext,
    EncryptionContext: EncryptionContext.optional(),
    GrantTokens: GrantTokens.optional(),
    KeyId: KeyIdRef.optional(),
    EncryptionAlgorithm: EncryptionAlgorithm.optional(),
    DryRun: flag().optional(),
  }),
  output: structure({ KeyId: ArnText, Plaintext: secretBlob(4096), EncryptionAlgorithm, KeyMaterialId }),
  errors: cryptoErrors('InvalidCiphertext', 'IncorrectKey'),
  authz: { action: 'kms:Decrypt', resource: 'kms:key', conditions: CRYPTO_CONDITIONS },
  onBehalf: KEY_USERS,
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.Decrypt', unsupported: ['Recipient', 'DryRunModifiers'] },
  examples: [
    {
      title: 'with a context',
      input: { CiphertextBlob: 'AQEANAECAwQ=', EncryptionContext: { purpose: 'invoice' } },
    },
  ],
});

export const ReEncrypt = defineOperation({
  name: 'ReEncrypt',
  service: 'kms',
  doc: 'Moves a ciphertext to another key or another context; the plaintext stays inside the HSM process.',
  input: structure({
    CiphertextBlob: Ciphertext,
    SourceEncryptionContext: EncryptionContext.optional(),
    SourceKeyId: KeyIdRef.optional(),
    DestinationKeyId: KeyIdRef,
    DestinationEncryptionContext: EncryptionContext.optional(),
    SourceEncryptionAlgorithm: EncryptionAlgorithm.optional(),
    DestinationEncryptionAlgorithm: EncryptionAlgorithm.optional(),
    GrantTokens: GrantTokens.optional(),
    DryRun: flag().optional(),
  }),
  output: structure({
    CiphertextBlob: Ciphertext,
    SourceKeyId: ArnText,
    KeyId: ArnText,
    SourceEncryptionAlgorithm: EncryptionAlgorithm,
    DestinationEncryptionAlgorithm: EncryptionAlgorithm,
    SourceKeyMaterialId: KeyMaterialId,
    DestinationKeyMaterialId: KeyMaterialId,
  }),
  errors: cryptoErrors('InvalidCiphertext', 'IncorrectKey'),
  authz: {
    action: 'kms:ReEncryptFrom',
    alsoChecks: ['kms:ReEncryptTo'],
    resource: 'kms:key',
    conditions: [...CRYPTO_CONDITIONS, 'kms:ReEncryptOnSameKey'],
  },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.ReEncrypt', unsupported: ['DryRunModifiers'] },
  examples: [
    {
      title: 'to another key',
      input: { CiphertextBlob: 'AQEANAECAwQ=', DestinationKeyId: 'alias/archive' },
    },
  ],
});
