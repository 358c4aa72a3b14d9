/** Signatures by asymmetric keys. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, blob, flag, list, oneOf, secretBlob, structure } from '../../../platform/contract/shape.ts';
import { KEY_CONDITIONS, SIGNING_CONDITIONS } from './conditions.ts';
import { cryptoErrors } from './errors.ts';
import {
  EncryptionAlgorithm,
  GrantTokens,
  KEY_SPECS,
  KEY_USAGES,
  KeyIdRef,
  PublicKey,
  SigningAlgorithm,
} from './shapes.ts';

const Signature = blob(6144);

const message = {
  KeyId: KeyIdRef,
  /** Not ours to show: it stays out of records. */
  Message: secretBlob(4096),
  MessageType: oneOf(['RAW', 'DIGEST', 'EXTERNAL_MU']).optional(),
};
const options = { GrantTokens: GrantTokens.optional(), SigningAlgorithm, DryRun: flag().optional() };

export const Sign = defineOperation({
  name: 'Sign',
  service: 'kms',
  doc: 'Signs a message of up to 4096 bytes, or with MessageType DIGEST its hash, by an asymmetric key.',
  input: structure({ ...message, ...options }),
  output: structure({ KeyId: ArnText, Signature, SigningAlgorithm }),
  errors: cryptoErrors(),
  authz: { action: 'kms:Sign', resource: 'kms:key', conditions: SIGNING_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.Sign' },
  examples: [
    {
      title: 'a message',
      input: { KeyId: 'alias/signer', Message: 'aGVsbG8=', SigningAlgorithm: 'ECDSA_SHA_256' },
    },
  ],
});

export const Verify = defineOperation({
  name: 'Verify',
  service: 'kms',
  doc: 'Says that a signature is of this key over this message. One that is not answers InvalidSignature, never false.',
  input: structure({ ...message, Signature, ...options }),
  output: structure({ KeyId: ArnText, SignatureValid: flag(), SigningAlgorithm }),
  errors: cryptoErrors('InvalidSignature'),
  authz: { action: 'kms:Verify', resource: 'kms:key', conditions: SIGNING_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.Verify' },
  examples: [
    {
      title: 'a message',
      input: {
        KeyId: 'alias/signer',
        Message: 'aGVsbG8=',
        Signature: 'MAYCAQECAQE=',
        SigningAlgorithm: 'ECDSA_SHA_256',
      },
    },
  ],
});

export const GetPublicKey = defineOperation({
  name: 'GetPublicKey',
  service: 'kms',
  doc: 'Answers the public key of an asymmetric key as SubjectPublicKeyInfo, with what it may be used for.',
  input: structure({ KeyId: KeyIdRef, GrantTokens: GrantTokens.optional() }),
  output: structure({
    KeyId: ArnText,
    PublicKey,
    CustomerMasterKeySpec: oneOf(KEY_SPECS),
    KeySpec: oneOf(KEY_SPECS),
    KeyUsage: oneOf(KEY_USAGES),
    EncryptionAlgorithms: list(EncryptionAlgorithm, 0, 8).optional(),
    SigningAlgorithms: list(SigningAlgorithm, 0, 16).optional(),
  }),
  errors: cryptoErrors('UnsupportedOperation', 'InvalidArn'),
  authz: { action: 'kms:GetPublicKey', resource: 'kms:key', conditions: [...KEY_CONDITIONS, 'kms:RequestAlias'] },
  effect: 'read',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GetPublicKey' },
  examples: [{ title: 'by alias', input: { KeyId: 'alias/signer' } }],
});
