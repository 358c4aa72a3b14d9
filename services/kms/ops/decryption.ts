/**
 * What Decrypt and ReEncrypt open: a ciphertext that names its key (`ciphertext-source.ts`), or one of an RSA key, which
 * names nothing, so that the request has to.
 */
import type { OaepCiphertext, OpenRequest } from '../../../hsm/port.ts';
import type { ServiceError } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { AuthorizationTarget, Call } from '../../../platform/runtime/call.ts';
import type { EncryptionAlgorithm } from '../api/shapes.ts';
import type { KmsDeps } from '../deps.ts';
import type { EncryptionContext } from '../domain/canonical.ts';
import type { KeyRecord, Material } from '../store/key-record.ts';
import { type CiphertextSource, findSource, openMessage, requireSameKey } from './ciphertext-source.ts';
import { type KeyQuestion, resolveKey } from './key-access.ts';
import { oaepHash } from './rsa-encryption.ts';

type AnyCall = Call<AnyOperation>;

export interface Encrypted {
  blob: Buffer;
  keyId: string | undefined;
  algorithm: EncryptionAlgorithm | undefined;
}

export type Decryption =
  | { kind: 'sealed'; record: KeyRecord; source: CiphertextSource }
  | { kind: 'oaep'; record: KeyRecord; ciphertext: OaepCiphertext };

export interface FoundDecryption {
  target: AuthorizationTarget;
  state: Decryption;
  absent?: ServiceError;
}

export async function findDecryption(
  call: AnyCall,
  deps: KmsDeps,
  { blob, keyId, algorithm }: Encrypted,
  question: KeyQuestion,
): Promise<FoundDecryption> {
  const hash = oaepHash(algorithm);
  if (hash === undefined) {
    const source = await findSource(call, deps, blob, keyId, question);
    return { target: source.target, state: { kind: 'sealed', record: source.record, source } };
  }
  if (keyId === undefined) {
    throw call.fail('Validation', `KeyId is required for algorithm ${algorithm}.`, {
      hint: 'the ciphertext of an RSA key does not name its key',
    });
  }
  const { targets, state: record, absent } = await resolveKey(call, deps, keyId, question);
  const state: Decryption = { kind: 'oaep', record, ciphertext: { hash, ciphertext: blob } };
  return { target: targets[0]!, state, ...(absent && { absent }) };
}

/** After authorization: the request must not name another key than the ciphertext does. */
export async function requireKeyOf(call: AnyCall, deps: KmsDeps, state: Decryption): Promise<void> {
  if (state.kind === 'sealed') await requireSameKey(call, deps, state.source);
}

export interface Opening {
  material: Material;
  request: OpenRequest | OaepCiphertext;
}

/** What the HSM needs to open it. Throws `InvalidCiphertext` for material the key never had. */
export function openingOf(call: AnyCall, state: Decryption, context: EncryptionContext | undefined): Opening {
  return state.kind === 'sealed'
    ? openMessage(call, state.source, context)
    : { material: state.record.current, request: state.ciphertext };
}
