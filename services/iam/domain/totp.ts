/** Time-based one-time passwords: RFC 6238 over HMAC-SHA-1, six digits, steps of 30 seconds (what every app speaks). */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** RFC 4226 4: 160 bits. */
export const SEED_BYTES = 20;
const STEP_MS = 30_000;
const DIGITS = 6;

export function stepAt(now: number): number {
  return Math.floor(now / STEP_MS);
}

/** The code of one time step (RFC 4226 5.3, with the step as the counter). */
export function codeOf(seed: Buffer, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  const offset = (mac[19] as number) & 0x0f;
  const number = mac.readUInt32BE(offset) & 0x7fff_ffff;
  mac.fill(0);
  return String(number % 10 ** DIGITS).padStart(DIGITS, '0');
}

export interface Window {
  /** Steps the clock of the device runs ahead of ours. */
  drift: number;
  /** Steps before and after the present one that count. */
  steps: number;
  /** The step of the last code that was accepted: codes are used once, in order. */
  lastStep: number;
}

/** The step the code is of; undefined: of none that may still be used. */
export function acceptedStep(seed: Buffer, code: string, now: number, window: Window): number | undefined {
  return findStep(seed, [code], now, window);
}

/** The step of the second of two consecutive codes. */
export function acceptedPair(
  seed: Buffer,
  codes: readonly [string, string],
  now: number,
  window: Window,
): number | undefined {
  const first = findStep(seed, codes, now, window);
  return first === undefined ? undefined : first + 1;
}

/** SECURITY: every step of the window is computed and compared in full, whichever of them fits. */
function findStep(seed: Buffer, codes: readonly string[], now: number, window: Window): number | undefined {
  const given = Buffer.from(codes.join(), 'utf8');
  let found: number | undefined;
  const present = stepAt(now) + window.drift;
  for (let step = present - window.steps; step <= present + window.steps; step++) {
    const expected = Buffer.from(codes.map((_, i) => codeOf(seed, step + i)).join(), 'utf8');
    const fits = given.length === expected.length && timingSafeEqual(given, expected);
    if (fits && step > window.lastStep && found === undefined) found = step;
  }
  return found;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648 base32 without padding, as authenticator apps read it. */
export function base32(bytes: Buffer): string {
  let out = '';
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += BASE32[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? out + BASE32[(value << (5 - bits)) & 31] : out;
}

/** What an app reads from a QR code (Key Uri Format of Google Authenticator). */
export function seedUri(seed: string, deviceName: string, accountId: string): string {
  return `otpauth://totp/${encodeURIComponent(`${deviceName}@${accountId}`)}?secret=${seed}&issuer=Parapet`;
}
