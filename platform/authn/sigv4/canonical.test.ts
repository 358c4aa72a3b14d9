import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalPath, canonicalQueryComponent, formatAmzDate, hmac, parseAmzDate } from './canonical.ts';

describe('hmac', () => {
  it('agrees with node for keys and texts of any length', () => {
    const latin1 = fc
      .array(fc.integer({ min: 0, max: 255 }), { maxLength: 1500 })
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 150 }), latin1, (bytes, text) => {
        const key = Buffer.from(bytes);
        expect(hmac(key, text)).toEqual(createHmac('sha256', key).update(text, 'latin1').digest());
      }),
      { numRuns: 500 },
    );
  });

  it('answers a Buffer of its own each time', () => {
    const key = Buffer.alloc(32, 1);
    const first = hmac(key, 'a');
    const copy = Buffer.from(first);
    hmac(key, 'b');
    expect(first).toEqual(copy);
  });
});

describe('request dates', () => {
  it('survive a round trip', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        expect(parseAmzDate(formatAmzDate(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });

  it.each([
    '20260229T000000Z',
    '20260000T000000Z',
    '20261301T000000Z',
    '20260101T240000Z',
    '20260101T006000Z',
    '2026010 T000000Z',
    '20260101t000000Z',
    '20260101T000000z',
    '20260101T000000',
  ])('refuse %s', (text) => {
    expect(parseAmzDate(text)).toBeUndefined();
  });
});

describe('canonical encoding', () => {
  it('encodes a path once more as it is and never decodes it', () => {
    expect(canonicalPath('/a%2Fb/%41 c')).toBe('/a%252Fb/%2541%20c');
  });

  it('gives one form to every spelling of a query component, and none to a broken one', () => {
    expect(['%7e', '%7E', '~'].map(canonicalQueryComponent)).toEqual(['~', '~', '~']);
    expect(['%', '%2', '%2g', 'a%'].map(canonicalQueryComponent)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
