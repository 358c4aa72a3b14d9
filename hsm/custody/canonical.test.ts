import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintInput, lengthPrefixed, rowMacInput, wrappedKeyMacInput } from './canonical.ts';

const blob = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
const fieldList = fc.array(blob, { maxLength: 6 });

describe('length-prefixed form', () => {
  it('has the bytes it promises', () => {
    expect(lengthPrefixed([Buffer.from('ab'), Buffer.alloc(0)]).toString('hex')).toBe('00000002616200000000');
    expect(lengthPrefixed([])).toHaveLength(0);
  });

  it('gives different lists of fields different bytes', () => {
    fc.assert(
      fc.property(fieldList, fieldList, (one, other) => {
        const same = one.length === other.length && one.every((field, index) => field.equals(other[index]!));
        expect(lengthPrefixed(one).equals(lengthPrefixed(other))).toBe(same);
      }),
    );
  });

  it('gives the same bytes, cut into fields at another place, another form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(20), fc.nat(20), (array, a, b) => {
        const bytes = Buffer.from(array);
        const [cut, otherCut] = [a % (bytes.length + 1), b % (bytes.length + 1)];
        const form = (at: number) => lengthPrefixed([bytes.subarray(0, at), bytes.subarray(at)]);
        expect(form(cut).equals(form(otherCut))).toBe(cut === otherCut);
      }),
    );
  });
});

describe('MAC inputs', () => {
  const key = { wrapped: Buffer.from('wrapped'), binding: Buffer.from('binding'), rootVersion: 1 };

  it('depend on every part of a wrapped key', () => {
    const inputs = [
      wrappedKeyMacInput('tenant-key', key),
      wrappedKeyMacInput('key-material', key),
      wrappedKeyMacInput('key-material', key, Buffer.from('tenant')),
      wrappedKeyMacInput('tenant-key', { ...key, rootVersion: 2 }),
      wrappedKeyMacInput('tenant-key', { ...key, binding: Buffer.from('bindinG') }),
      wrappedKeyMacInput('tenant-key', { ...key, wrapped: Buffer.from('wrappeD') }),
    ];
    expect(new Set(inputs.map((input) => input.toString('hex'))).size).toBe(inputs.length);
  });

  it('of one domain never are those of another, so no caller of mac() can bind a key', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), blob, blob, (label, data, wrapped) => {
        const row = rowMacInput(label, data);
        const bound = wrappedKeyMacInput('tenant-key', { wrapped, binding: data, rootVersion: 1 });
        const print = fingerprintInput(label, data);
        expect(row.subarray(0, 20).equals(bound.subarray(0, 20))).toBe(false);
        expect(row.subarray(0, 20).equals(print.subarray(0, 20))).toBe(false);
      }),
    );
  });
});
