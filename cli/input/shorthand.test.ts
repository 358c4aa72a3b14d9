import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatShorthand, parseShorthand } from './shorthand.ts';

describe('parseShorthand', () => {
  it.each([
    ['a=1', [['a', '1']]],
    [
      'a=1,b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    ['a=', [['a', '']]],
    ['a=b=c', [['a', 'b=c']]],
    [
      'a=x\\,y,b=\\\\',
      [
        ['a', 'x,y'],
        ['b', '\\'],
      ],
    ],
    ['a=C:\\temp', [['a', 'C:\\temp']]],
  ])('reads %s', (text, pairs) => {
    expect(parseShorthand(text, '--tags')).toEqual(pairs);
  });

  it.each(['', 'a', '=1', 'a=1,', 'a=1,b', ',a=1'])('refuses %j', (text) => {
    expect(() => parseShorthand(text, '--tags')).toThrow('--tags must be key=value');
  });

  it('reads back whatever formatShorthand writes', () => {
    const key = fc.string({ minLength: 1 }).filter((k) => !/[=,\\]/.test(k));
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.string()), { minLength: 1 }), (pairs) => {
        expect(parseShorthand(formatShorthand(pairs), '--tags')).toEqual(pairs);
      }),
    );
  });
});
