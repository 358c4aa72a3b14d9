/**
 * Replay nonces (RFC 8555 6.5): when they end, random bytes, and a MAC that every node can check. That one is used once is
 * kept by the store, for as long as it could be used again.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const NONCE_MS = 3_600_000;
const TIME_BYTES = 6;
const RANDOM_BYTES = 12;
const MAC_BYTES = 16;

/** @param random 12 bytes */
export function writeNonce(key: Buffer, directoryId: string, now: number, random: Buffer): string {
  const head = Buffer.alloc(TIME_BYTES + RANDOM_BYTES);
  head.writeUIntBE(now + NONCE_MS, 0, TIME_BYTES);
  random.copy(head, TIME_BYTES, 0, RANDOM_BYTES);
  return Buffer.concat([head, macOf(key, directoryId, head)]).toString('base64url');
}

/** When it ends; undefined: it is not ours, of another directory, or over. */
export function readNonce(key: Buffer, directoryId: string, now: number, nonce: string): number | undefined {
  const bytes = Buffer.from(nonce, 'base64url');
  if (bytes.length !== TIME_BYTES + RANDOM_BYTES + MAC_BYTES || bytes.toString('base64url') !== nonce) return undefined;
  const head = bytes.subarray(0, TIME_BYTES + RANDOM_BYTES);
  if (!timingSafeEqual(bytes.subarray(head.length), macOf(key, directoryId, head))) return undefined;
  const expiresAt = head.readUIntBE(0, TIME_BYTES);
  return expiresAt > now ? expiresAt : undefined;
}

export const NONCE_RANDOM_BYTES = RANDOM_BYTES;

function macOf(key: Buffer, directoryId: string, head: Buffer): Buffer {
  return createHmac('sha256', key).update(directoryId).update('\0').update(head).digest().subarray(0, MAC_BYTES);
}
