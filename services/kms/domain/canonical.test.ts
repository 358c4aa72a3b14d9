import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanonicalValue, canonicalRow, lengthPrefixed } from '../../../platform/contract/canonical-row.ts';
import { canonicalContext, contextProblem } from './canonical.ts';

const word = fc.string({ unit: 'binary', maxLength: 12 });
const context = fc.dictionary(word, word, { maxKeys: 6, noNullPrototype: true });
const value: fc.Arbitrary<CanonicalValue> = fc.oneof(
  word,
  fc.integer(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
);

/** The pairs a canonical context stands for, read back by the layout of spec kms 3.3. */
function readContext(bytes: Buffer): [string, string][] {
  const pairs: [string, string][] = [];
  let at = 4;
  const field = () => {
    const length = bytes.readUInt32BE(at);
    at += 4 + length;
    return bytes.toString('utf8', at - length, at);
  };
  for (let i = 0; i < bytes.readUInt32BE(0); i++) pairs.push([field(), field()]);
  expect(at).toBe(bytes.length);
  return pairs;
}

describe('canonicalContext', () => {
  it('has the bytes of the specification', () => {
    expect(canonicalContext({ b: '2', a: '' }).toString('hex')).toBe(
      ['00000002', '0000000161', '00000000', '0000000162', '0000000132'].join(''),
    );
  });

  it('is the same for a missing and an empty context', () => {
    expect(canonicalContext(undefined)).toEqual(canonicalContext({}));
    expect(canonicalContext({}).toString('hex')).toBe('00000000');
  });

  it.each([
    [{ a: 'bc' }, { ab: 'c' }],
    [{ a: 'b', c: 'd' }, { a: 'bcd' }],
    [{ a: '' }, {}],
    [{ A: 'x' }, { a: 'x' }],
    [{ a: '1' }, { a: '01' }],
    // Composed and decomposed e-acute: no normalisation.
    [{ a: '\u00e9' }, { a: 'e\u0301' }],
  ])('tells %j from %j', (one, other) => {
    expect(canonicalContext(one).equals(canonicalContext(other as Record<string, string>))).toBe(false);
  });

  it('can be read in one way only, and holds the pairs in the order of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(context, (pairs) => {
        const read = readContext(canonicalContext(pairs));
        expect(Object.fromEntries(read)).toEqual(pairs);
        const names = read.map(([name]) => Buffer.from(name));
        expect(names.toSorted(Buffer.compare)).toEqual(names);
      }),
    );
  });

  it('sorts by bytes, not by UTF-16 units', () => {
    // U+FF5E is below U+1F600 in UTF-8, above its surrogates in UTF-16.
    expect(readContext(canonicalContext({ '\u{1f600}': '1', '\uff5e': '2' })).map(([name]) => name)).toEqual([
      '\uff5e',
      '\u{1f600}',
    ]);
  });

  it('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(context, (pairs) => {
        const reversed = Object.fromEntries(Object.entries(pairs).reverse());
        expect(canonicalContext(reversed).equals(canonicalContext(pairs))).toBe(true);
      }),
    );
  });
});

describe('contextProblem', () => {
  it.each([
    [undefined, undefined],
    [{}, undefined],
    [{ a: 'x'.repeat(8191) }, undefined],
    [{ a: 'x'.repeat(8192) }, 'encryption context is longer than 8192 bytes'],
    [{ a: '\u00e9'.repeat(4096) }, 'encryption context is longer than 8192 bytes'],
    [{ a: '\ud800' }, 'encryption context is not valid Unicode'],
    [{ '\udc00x': 'a' }, 'encryption context is not valid Unicode'],
    [{ a: '\u{1f600}' }, undefined],
    [{ App: 'x', app: 'y' }, 'encryption context has two keys that differ only in case'],
  ])('of %.40j is %j', (pairs, problem) => {
    expect(contextProblem(pairs as Record<string, string> | undefined)).toBe(problem);
  });
});

describe('canonicalRow', () => {
  it('gives different rows different bytes', () => {
    const row = fc.tuple(word, fc.array(value, { maxLength: 4 }));
    fc.assert(
      fc.property(row, row, ([kind, values], [otherKind, otherValues]) => {
        const same = canonicalRow(kind, values).equals(canonicalRow(otherKind, otherValues));
        const key = (k: string, v: readonly CanonicalValue[]) =>
          JSON.stringify([k, v.map((item) => (Buffer.isBuffer(item) ? { bytes: item.toString('hex') } : item))]);
        expect(same).toBe(key(kind, values) === key(otherKind, otherValues));
      }),
    );
  });

  it.each([
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [[null], ['']],
    [[0], ['0']],
    [[Buffer.from('x')], ['x']],
    [['a'], ['a', '']],
  ] as [CanonicalValue[], CanonicalValue[]][])('tells %j from %j', (one, other) => {
    expect(canonicalRow('row', one).equals(canonicalRow('row', other))).toBe(false);
  });
});

describe('lengthPrefixed', () => {
  it('writes u32 big-endian lengths', () => {
    expect(lengthPrefixed([Buffer.from('ab'), Buffer.alloc(0)]).toString('hex')).toBe('00000002616200000000');
  });
});
