import { describe, expect, it } from 'vitest';
import { hex, readVectors, vectorsMissing, vectorsNote } from '../testing/vectors.ts';
import { unwrapKey, wrapKey } from './key-wrap.ts';

/** RFC 5649 section 6. */
const RFC5649_KEY = hex('5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8');
const RFC5649 = [
  {
    title: '20 octets',
    plain: hex('c37b7e6492584340bed12207808941155068f738'),
    wrapped: hex('138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a'),
  },
  { title: '7 octets', plain: hex('466f7250617369'), wrapped: hex('afbeb0f07dfbf5419200f2ccb50bb24f') },
];

describe('AES key wrap with padding', () => {
  it.each(RFC5649)('agrees with RFC 5649 section 6: $title', ({ plain, wrapped }) => {
    expect(wrapKey(RFC5649_KEY, plain).equals(wrapped)).toBe(true);
    expect(unwrapKey(RFC5649_KEY, wrapped)?.equals(plain)).toBe(true);
  });

  it('refuses every single-bit change and every length of a wrapped 256-bit key', () => {
    const kek = Buffer.alloc(32, 9);
    const wrapped = wrapKey(kek, Buffer.alloc(32, 4));
    expect(wrapped).toHaveLength(40);
    for (let bit = 0; bit < wrapped.length * 8; bit += 1) {
      const changed = Buffer.from(wrapped);
      changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7));
      expect(unwrapKey(kek, changed)).toBeUndefined();
    }
    for (let size = 0; size < wrapped.length; size += 1) {
      expect(unwrapKey(kek, wrapped.subarray(0, size))).toBeUndefined();
    }
    expect(unwrapKey(Buffer.alloc(32, 8), wrapped)).toBeUndefined();
  });

  it('does not wrap under something that is not an AES key', () => {
    expect(() => wrapKey(Buffer.alloc(31), Buffer.alloc(32))).toThrow(RangeError);
  });
});

describe.skipIf(vectorsMissing)(`AES key wrap with padding: Wycheproof${vectorsNote}`, () => {
  interface KwpTest {
    key: string;
    msg: string;
    ct: string;
  }
  const groups = vectorsMissing ? [] : readVectors<KwpTest>('aes_kwp_test');

  it.each(groups)('decides every vector rightly: $keySize bits', ({ tests }) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const { tcId, key, msg, ct, result } of tests) {
      const opened = unwrapKey(hex(key), hex(ct));
      if (result === 'valid') {
        expect(opened?.toString('hex'), `test ${tcId}`).toBe(msg);
        expect(wrapKey(hex(key), hex(msg)).toString('hex'), `test ${tcId}`).toBe(ct);
      } else if (opened !== undefined) {
        // "acceptable": short keys that some implementations refuse; opened, it must be opened rightly.
        expect([tcId, result, opened.toString('hex')]).toEqual([tcId, 'acceptable', msg]);
      }
    }
  });
});
