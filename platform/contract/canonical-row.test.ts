import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalRow, lengthPrefixed } from './canonical-row.ts';

/** The form as it is described: a field for the kind, then one for each value, which begins with its type. */
function described(kind: string, values: readonly CanonicalValue[]): Buffer {
  const typed = (value: CanonicalValue) => {
    if (value === null) return Buffer.from('0');
    if (typeof value === 'string') return Buffer.concat([Buffer.from('t'), Buffer.from(value, 'utf8')]);
    if (typeof value === 'number') return Buffer.from(`n${value}`);
    return Buffer.concat([Buffer.from('b'), value]);
  };
  return lengthPrefixed([Buffer.from(kind, 'utf8'), ...values.map(typed)]);
}

const value = fc.oneof(
  fc.constant(null),
  fc.string({ unit: 'binary' }),
  // Halves of characters, which UTF-8 has no bytes for.
  fc.constantFrom('\ud800', 'a\udfffb', '', '\u0000'),
  fc.maxSafeInteger(),
  fc.double(),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

describe('a canonical row', () => {
  it('is what is described, whatever its values', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(value), (kind, values) => {
        expect(canonicalRow(kind, values).equals(described(kind, values))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('stays the same from release to release: stored MACs cover it', () => {
    expect(canonicalRow('key', ['ä', 12, null, Buffer.of(1, 255), '', 0]).toString('hex')).toBe(
      '000000036b657900000003' + '74c3a4000000036e3132000000013000000003' + '6201ff0000000174000000026e30',
    );
  });
});
