/** Encryption by RSA keys: no header, no context, so the request names key and algorithm. */
import type { OaepHash } from '../../../hsm/port.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Call } from '../../../platform/runtime/call.ts';
import type { EncryptionAlgorithm } from '../api/shapes.ts';
import type { EncryptionContext } from '../domain/canonical.ts';
import { isOaep, maxPlaintextBytes, type OaepAlgorithm } from '../domain/key-algorithms.ts';
import type { KeyRecord } from '../store/key-record.ts';

type AnyCall = Call<AnyOperation>;

const HASHES: Readonly<Record<OaepAlgorithm, OaepHash>> = { RSAES_OAEP_SHA_1: 'sha1', RSAES_OAEP_SHA_256: 'sha256' };

/** The hash of an OAEP algorithm, or undefined for the symmetric one; the algorithm fits the key already. */
export function oaepHash(algorithm: EncryptionAlgorithm | undefined): OaepHash | undefined {
  return isOaep(algorithm) ? HASHES[algorithm] : undefined;
}

/** A context is authenticated by symmetric encryption alone: taking one here would promise what is not so. */
export function requireNoContext(
  call: AnyCall,
  algorithm: EncryptionAlgorithm | undefined,
  context: EncryptionContext | undefined,
): void {
  if (isOaep(algorithm) && context !== undefined && Object.keys(context).length > 0) {
    throw call.fail('Validation', `EncryptionContext is not compatible with algorithm ${algorithm}.`, {
      hint: 'an encryption context needs a symmetric key',
    });
  }
}

export function requireFitting(call: AnyCall, record: KeyRecord, algorithm: EncryptionAlgorithm, bytes: number): void {
  if (!isOaep(algorithm)) return;
  const { spec } = record.row;
  const most = maxPlaintextBytes(spec, algorithm);
  if (bytes > most) {
    throw call.fail(
      'Validation',
      `Algorithm ${algorithm} and key spec ${spec} cannot encrypt data larger than ${most} bytes.`,
    );
  }
}
