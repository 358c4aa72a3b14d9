import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  blob,
  dictionary,
  list,
  policyDocument,
  secretBlob,
  secretText,
  structure,
  text,
  timestamp,
} from '../contract/shape.ts';
import { shapeTree } from '../contract/shape-tree.ts';
import { canonicalJson } from './canonical-json.ts';
import { redactor } from './redact.ts';

const Shape = structure({
  Name: text(0, 10_000),
  Plaintext: secretBlob(100).optional(),
  Token: secretText(1, 100).optional(),
  Sealed: blob(100).optional(),
  Policy: policyDocument(100_000).optional(),
  At: timestamp().optional(),
  Unmarked: z.string().optional(),
  Nested: list(structure({ Secret: secretText(1, 9), Public: text(1, 9) }), 0, 9).optional(),
  Map: dictionary(z.string(), secretText(0, 99)).optional(),
});
const redact = redactor(shapeTree(Shape));
const kept = (value: unknown) => JSON.parse(redact(value) ?? 'null') as Record<string, unknown>;

describe('redactor', () => {
  it('keeps plain members, lengths of blobs, and nothing of secrets or unmarked members', () => {
    const some = kept({
      Name: 'n',
      Plaintext: Buffer.from('secret'),
      Token: 'token',
      Sealed: Buffer.alloc(7),
      At: 0,
      Unmarked: 'x',
      Nested: [{ Secret: 's', Public: 'p' }],
      Map: { a: 'hidden' },
      Undeclared: 'y',
    });
    expect(some).toEqual({
      Name: 'n',
      Sealed: { length: 7 },
      At: '1970-01-01T00:00:00.000Z',
      Nested: [{ Public: 'p' }],
      Map: {},
    });
  });

  it('cuts long text and says so', () => {
    expect(kept({ Name: 'x'.repeat(5000) }).Name).toMatch(/^x{4096}\.\.\.\(5000 characters\)$/);
  });

  it('takes any value without failing, and writes canonical JSON', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const json = redact({ Name: value, Nested: value, Map: value, At: 5 }) as string;
        expect(json).toBe(canonicalJson(JSON.parse(json)));
      }),
    );
  });
});

describe('canonicalJson', () => {
  it('sorts members and leaves undefined out', () => {
    expect(canonicalJson({ b: 1, a: { d: undefined, c: ['x', null] } })).toBe('{"a":{"c":["x",null]},"b":1}');
  });

  it('is one text per value, whatever the order of members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
