import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeBase64, decoder, encoder, parseTimestamp } from './codec.ts';
import { blob, dictionary, flag, integer, list, structure, text, timestamp } from './shape.ts';
import { shapeTree } from './shape-tree.ts';

const Sample = structure({
  Name: text(1, 10),
  Count: integer(0, 5).optional(),
  Flag: flag().default(false),
  Data: blob(64).optional(),
  When: timestamp().optional(),
  Items: list(structure({ Key: text(1, 5) }), 0, 3).optional(),
  Map: dictionary(z.string(), text(0, 9)).optional(),
});
const shape = shapeTree(Sample);

describe('codec', () => {
  it('brings a value back in both dialects', () => {
    const value = {
      Name: 'a',
      Count: 3,
      Flag: true,
      Data: Buffer.from([1, 2, 255]),
      When: 1_700_000_000_123,
      Items: [{ Key: 'k' }],
      Map: { x: 'y' },
    };
    for (const dialect of ['native', 'aws-json'] as const) {
      const wire = JSON.parse(JSON.stringify(encoder(shape, dialect)(value)));
      expect(decoder(shape, dialect)(wire)).toEqual(value);
    }
  });

  it('writes timestamps as RFC 3339 natively and as epoch seconds for AWS', () => {
    const value = { Name: 'a', When: 1_700_000_000_500 };
    expect(encoder(shape, 'native')(value)).toMatchObject({ When: '2023-11-14T22:13:20.500Z' });
    expect(encoder(shape, 'aws-json')(value)).toMatchObject({ When: 1_700_000_000.5 });
  });

  it('never lets an undeclared member out', () => {
    expect(encoder(shape, 'native')({ Name: 'a', Secret: 'x' })).toEqual({ Name: 'a' });
  });

  it('drops unknown and null members only in the AWS dialect', () => {
    const input = { Name: 'a', Other: 1, Count: null };
    expect(decoder(shape, 'aws-json')(input)).toEqual({ Name: 'a' });
    expect(decoder(shape, 'native')(input)).toEqual(input);
  });

  it('takes scalars for the text of a map in the AWS dialect only', () => {
    expect(decoder(shape, 'aws-json')({ Map: { a: 1, b: true, c: 'x' } })).toEqual({
      Map: { a: '1', b: 'true', c: 'x' },
    });
    expect(decoder(shape, 'native')({ Map: { a: 1 } })).toEqual({ Map: { a: 1 } });
  });

  it('leaves values of the wrong type for validation to name', () => {
    expect(decoder(shape, 'native')({ Data: 'not base64!', When: 'yesterday', Items: 'x' })).toEqual({
      Data: 'not base64!',
      When: 'yesterday',
      Items: 'x',
    });
    expect(decoder(shape, 'native')('text')).toBe('text');
  });
});

describe('base64', () => {
  it('reads what Buffer writes, with and without padding', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64');
        expect(decodeBase64(text)).toEqual(Buffer.from(bytes));
        expect(decodeBase64(text.replaceAll('=', ''))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it.each(['a', '****', 'YQ=', 'YW=J', 'a-_b', 'YQ==YQ==', 'YW Jj', '=YWI'])('refuses %j', (text) => {
    const bytes = decodeBase64(text);
    if (text === 'YQ=') expect(bytes).toEqual(Buffer.from('a'));
    else expect(bytes).toBeUndefined();
  });
});

describe('timestamps', () => {
  it.each([
    ['2026-01-02T03:04:05Z', 1_767_323_045_000],
    ['2026-01-02T03:04:05.250+01:00', 1_767_319_445_250],
    ['2026-13-02T03:04:05Z', undefined],
    ['2026-01-02', undefined],
    ['now', undefined],
  ])('%s', (text, expected) => expect(parseTimestamp(text)).toBe(expected));
});
