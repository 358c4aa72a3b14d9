import type { HsmPublicKey } from '../port.ts';

/**
 * What custody needs from whatever holds the root keys: a PKCS#11 token, or the memory double. Synchronous, because
 * PKCS#11 is; every method throws `HsmError`.
 */
export interface RootOfTrust {
  /**
   * 16 bytes that name this root among others (`rootIdOf` of the keys it began with, whatever version is in force);
   * throws `unavailable` while it is not open.
   */
  readonly id: Buffer;
  /** Version of the root pair new keys are wrapped and bound under: the newest. */
  readonly rootVersion: number;
  /** Those that open and verify, oldest first. */
  readonly rootVersions: readonly number[];
  /** A new AES-256 key from the token's generator: in the clear (the caller zeroises it) and wrapped by the root. */
  generateKey(): { key: Buffer; wrapped: Buffer };
  /** RFC 5649 wrap of an AES-256 key made elsewhere; the caller zeroises it. */
  wrapKey(key: Buffer): Buffer;
  /** RFC 5649 unwrap by the root of that version, zeroised by the caller; `integrity` when it does not verify. */
  unwrapKey(wrapped: Buffer, rootVersion: number): Buffer;
  /** HMAC-SHA256 by the root MAC key of that version; undefined when the token has no such version. */
  mac(data: Buffer, rootVersion: number): Buffer | undefined;
  /**
   * Makes the root pair of that version and puts it in force; nothing when it is there. Cut off, it is completed when
   * asked again. `invalid` for a version that is not newer than the one in force.
   */
  addVersion(rootVersion: number): void;
  /** Destroys the root pair of that version for good; nothing when it is not there. `invalid` for the one in force. */
  destroyVersion(rootVersion: number): void;
  random(bytes: number): Buffer;
  publicKey(label: string): HsmPublicKey;
  sign(label: string, data: Buffer): Buffer;
}
