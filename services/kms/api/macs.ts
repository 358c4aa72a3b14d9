/** MACs by HMAC keys. */

import { defineOperation } from '../../../platform/contract/operation.ts';
import { ArnText, blob, flag, secretBlob, structure } from '../../../platform/contract/shape.ts';
import { MAC_CONDITIONS } from './conditions.ts';
import { cryptoErrors } from './errors.ts';
import { GrantTokens, KeyIdRef, MacAlgorithm } from './shapes.ts';

const Mac = blob(6144);

const question = {
  /** Not ours to show: it stays out of records. */
  Message: secretBlob(4096),
  KeyId: KeyIdRef,
  MacAlgorithm,
  GrantTokens: GrantTokens.optional(),
  DryRun: flag().optional(),
};

export const GenerateMac = defineOperation({
  name: 'GenerateMac',
  service: 'kms',
  doc: 'Makes the HMAC of a message of up to 4096 bytes by an HMAC key, with the hash of its spec.',
  input: structure(question),
  output: structure({ Mac, MacAlgorithm, KeyId: ArnText }),
  errors: cryptoErrors(),
  authz: { action: 'kms:GenerateMac', resource: 'kms:key', conditions: MAC_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.GenerateMac' },
  examples: [{ title: 'a message', input: { KeyId: 'alias/mac', Message: 'aGVsbG8=', MacAlgorithm: 'HMAC_SHA_256' } }],
});

export const VerifyMac = defineOperation({
  name: 'VerifyMac',
  service: 'kms',
  doc: 'Says that a MAC is of this key over this message. One that is not answers InvalidMac, never false.',
  input: structure({ ...question, Mac }),
  output: structure({ KeyId: ArnText, MacValid: flag(), MacAlgorithm }),
  errors: cryptoErrors('InvalidMac'),
  authz: { action: 'kms:VerifyMac', resource: 'kms:key', conditions: MAC_CONDITIONS },
  effect: 'use',
  audit: { class: 'crypto' },
  aws: { protocol: 'json-1.1', target: 'TrentService.VerifyMac' },
  examples: [
    {
      title: 'a message',
      input: { KeyId: 'alias/mac', Message: 'aGVsbG8=', MacAlgorithm: 'HMAC_SHA_256', Mac: 'AAECAwQFBgc=' },
    },
  ],
});
