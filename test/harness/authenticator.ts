/** An authenticator app of our own making, so that codes do not come from the code that checks them (RFC 6238). */
import { createHmac } from 'node:crypto';

/** Codes of a base32 seed, so many half minutes away from the one in which the app was opened. */
export function authenticator(seed: string): (away: number) => string {
  const opened = Math.floor(Date.now() / 30_000);
  const bits = [...seed].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const key = Buffer.from((bits.join('').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  return (away) => {
    const counter = Buffer.alloc(8);
    counter.writeUInt32BE(opened + away, 4);
    const mac = createHmac('sha1', key).update(counter).digest();
    const at = (mac.at(-1) as number) % 16;
    return String((mac.readUInt32BE(at) % 2 ** 31) % 1_000_000).padStart(6, '0');
  };
}
