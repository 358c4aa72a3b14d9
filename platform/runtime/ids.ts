/** The only source of identifiers and randomness outside cryptographic keys. */
import { randomBytes, randomFillSync } from 'node:crypto';
import type { Clock } from './clock.ts';

export interface Ids {
  /** UUIDv7 (RFC 9562 5.7): sorts by creation time; used for requests, records and decisions. */
  uuidv7(): string;
  /** UUIDv4, for identifiers that must not tell when they were made. */
  uuidv4(): string;
  /** `prefix` followed by `length` characters of A-Z and 2-7, the alphabet of AWS unique ids. */
  unique(prefix: string, length: number): string;
  /** `count` decimal digits, the first one not zero. */
  digits(count: number): string;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
const POOL_BYTES = 4096;

export function createIds(clock: Clock): Ids {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  const take = (bytes: number): number => {
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return used - bytes;
  };
  const hex = (at: number): string => HEX[pool[at] as number] as string;
  const tail = (at: number): string =>
    `${hex(at)}${hex(at + 1)}-${hex(at + 2)}${hex(at + 3)}${hex(at + 4)}${hex(at + 5)}${hex(at + 6)}${hex(at + 7)}`;

  return {
    uuidv7() {
      const at = take(10);
      pool[at] = ((pool[at] as number) & 0x0f) | 0x70;
      pool[at + 2] = ((pool[at + 2] as number) & 0x3f) | 0x80;
      const time = clock.now().toString(16).padStart(12, '0');
      return `${time.slice(0, 8)}-${time.slice(8)}-${hex(at)}${hex(at + 1)}-${tail(at + 2)}`;
    },
    uuidv4() {
      const at = take(16);
      pool[at + 6] = ((pool[at + 6] as number) & 0x0f) | 0x40;
      pool[at + 8] = ((pool[at + 8] as number) & 0x3f) | 0x80;
      const head = `${hex(at)}${hex(at + 1)}${hex(at + 2)}${hex(at + 3)}`;
      return `${head}-${hex(at + 4)}${hex(at + 5)}-${hex(at + 6)}${hex(at + 7)}-${tail(at + 8)}`;
    },
    unique(prefix, length) {
      let out = prefix;
      for (const byte of randomBytes(length)) out += BASE32[byte & 31];
      return out;
    },
    digits(count) {
      let out = '';
      while (out.length < count) {
        for (const byte of randomBytes(count)) {
          // 250 is the largest multiple of 10 in a byte: rejecting the rest keeps the digits uniform.
          if (byte >= 250 || out.length === count || (out === '' && byte % 10 === 0)) continue;
          out += byte % 10;
        }
      }
      return out;
    },
  };
}
