import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HsmError, type WrappedKey } from '../port.ts';
import { decodeKeyRef, decodeWrappedKey, encodeKeyRef, encodeWrappedKey } from './key-encoding.ts';

const blob = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const wrappedKey: fc.Arbitrary<WrappedKey> = fc.record({
  wrapped: blob,
  binding: blob,
  mac: blob,
  rootVersion: fc.integer({ min: 0, max: 0xffff_ffff }),
});

describe('key encoding', () => {
  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(wrappedKey, wrappedKey, (tenant, material) => {
        expect(decodeWrappedKey(encodeWrappedKey(tenant))).toEqual(tenant);
        expect(decodeKeyRef(encodeKeyRef({ tenant, material }))).toEqual({ tenant, material });
      }),
    );
  });

  it('holds the tenant exactly as the tenant alone is encoded', () => {
    fc.assert(
      fc.property(wrappedKey, wrappedKey, (tenant, material) => {
        const encoded = encodeKeyRef({ tenant, material });
        const part = encoded.subarray(4, 4 + encoded.readUInt32BE(0));
        expect(part.equals(encodeWrappedKey(tenant))).toBe(true);
      }),
    );
  });

  it('refuses bytes cut off or left over', () => {
    fc.assert(
      fc.property(wrappedKey, fc.nat(), (key, seed) => {
        const encoded = encodeWrappedKey(key);
        const cut = encoded.subarray(0, seed % encoded.length);
        expect(() => decodeWrappedKey(cut)).toThrow(HsmError);
        expect(() => decodeWrappedKey(Buffer.concat([encoded, Buffer.alloc(1)]))).toThrow(HsmError);
      }),
    );
  });

  it('answers arbitrary bytes with a key or a refusal, nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (array) => {
        const bytes = Buffer.from(array);
        try {
          expect(encodeWrappedKey(decodeWrappedKey(bytes)).equals(bytes)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid' });
        }
      }),
    );
  });
});
