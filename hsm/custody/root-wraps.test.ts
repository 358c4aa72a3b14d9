import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkOf, decodeRootWraps, encodeRootWraps, type RootWrap } from './root-wraps.ts';

const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size }).map((array) => Buffer.from(array));
const wrap: fc.Arbitrary<RootWrap> = fc.record({
  rootId: bytes(16),
  rootVersion: fc.integer({ min: 0, max: 0xffff_ffff }),
  wrapped: bytes(40),
  mac: bytes(32),
});
const wraps = fc.uniqueArray(wrap, { minLength: 1, maxLength: 4, selector: ({ rootId }) => rootId.toString('hex') });

describe('wraps of a tenant key', () => {
  it('come back as they were, in one order whatever order they had', () => {
    fc.assert(
      fc.property(bytes(16), wraps, (check, given) => {
        const encoded = encodeRootWraps({ check, wraps: given });
        expect(encodeRootWraps({ check, wraps: [...given].reverse() }).equals(encoded)).toBe(true);
        const decoded = decodeRootWraps(encoded)!;
        expect(decoded.check.equals(check)).toBe(true);
        expect(decoded.wraps).toEqual([...given].sort((a, b) => Buffer.compare(a.rootId, b.rootId)));
      }),
    );
  });

  it('are not read from anything that is not exactly their form', () => {
    fc.assert(
      fc.property(bytes(16), wraps, fc.nat(400), (check, given, cut) => {
        const encoded = encodeRootWraps({ check, wraps: given });
        expect(decodeRootWraps(encoded.subarray(0, cut % encoded.length))).toBeUndefined();
        expect(decodeRootWraps(Buffer.concat([encoded, Buffer.alloc(1)]))).toBeUndefined();
        for (const [at, value] of [
          [0, 2],
          [1, given.length + 1],
          [1, 0],
        ] as const) {
          const changed = Buffer.from(encoded);
          changed[at] = value;
          expect(decodeRootWraps(changed)).toBeUndefined();
        }
      }),
    );
  });

  it('are refused out of order and with a root named twice', () => {
    const [a, b] = [1, 2].map((fill) => ({
      rootId: Buffer.alloc(16, fill),
      rootVersion: 1,
      wrapped: Buffer.alloc(40),
      mac: Buffer.alloc(32),
    }));
    const head = Buffer.concat([Buffer.from([1, 2]), Buffer.alloc(16)]);
    const entry = (of: RootWrap) => encodeRootWraps({ check: Buffer.alloc(16), wraps: [of] }).subarray(18);
    expect(decodeRootWraps(Buffer.concat([head, entry(a!), entry(b!)]))).toBeDefined();
    expect(decodeRootWraps(Buffer.concat([head, entry(b!), entry(a!)]))).toBeUndefined();
    expect(decodeRootWraps(Buffer.concat([head, entry(a!), entry(a!)]))).toBeUndefined();
  });

  it('name their key by a check that tells keys apart', () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), (one, other) => {
        expect(checkOf(one).equals(checkOf(other))).toBe(one.equals(other));
      }),
    );
  });
});
