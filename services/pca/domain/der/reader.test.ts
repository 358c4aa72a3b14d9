import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as der from '../../../../platform/contract/der.ts';
import * as read from './reader.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const one = (bytes: Buffer) => read.readOne(bytes);

describe('DER reader', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['a tag alone', '30'],
    ['content that is too short', '3003020101'.slice(0, 8)],
    ['bytes behind the end', '05000500'],
    ['an indefinite length', '30800000'],
    ['a length that is not minimal', `3081${'05'}0203010001`],
    ['two bytes for a short length', '30820005' + '0203010001'],
    ['a tag number of two bytes', '1f8101' + '00'],
    ['an integer without bytes', '0200'],
    ['an integer with a needless zero', '02020001'],
    ['an integer with a needless ff', '0202ff80'],
    ['a boolean of 1', '010101'],
    ['a boolean of two bytes', '0102ffff'],
    ['a bit string without bytes', '0300'],
    ['eight unused bits', '030208ff'],
    ['bits behind the end', '030201ff'],
    ['an empty identifier', '0600'],
    ['an identifier that does not end', '060181'],
    ['an identifier with a leading zero', '06022a80' + ''],
    ['a null with content', '050100'],
    ['a primitive sequence', '1000'],
    ['a set out of order', '3106020102020101'],
  ])('refuses %s', (_title, bytes) => {
    expect(() => read.requireStrict(one(hex(bytes)))).toThrow(read.DerError);
  });

  it('refuses what is nested too deep', () => {
    let bytes: Buffer = der.nullValue();
    for (let depth = 0; depth < 40; depth++) bytes = der.sequence(bytes);
    expect(() => read.requireStrict(one(bytes))).toThrow(read.DerError);
  });

  it.each([
    [Date.UTC(1950, 0, 1), 'first year of UTCTime'],
    [Date.UTC(2049, 11, 31, 23, 59, 59), 'last second of UTCTime'],
    [Date.UTC(2050, 0, 1), 'first second of GeneralizedTime'],
    [Date.UTC(9999, 11, 31, 23, 59, 59), 'last second of all'],
  ])('reads the date %i, the %s', (at) => {
    expect(read.time(one(der.time(at)))).toBe(at);
  });

  it('reads what the writer writes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        fc.uint8Array({ maxLength: 300 }),
        (number, bytes) => {
          const written = der.sequence(der.integer(Buffer.from(number)), der.octetString(Buffer.from(bytes)));
          const element = one(written);
          read.requireStrict(element);
          const [integer, octets] = read.children(element, read.TAG.sequence);
          const expected = Buffer.from(number)
            .toString('hex')
            .replace(/^(00)+(?=..)/, '');
          expect(read.positiveBytes(integer).toString('hex')).toBe(expected);
          expect(read.octetString(octets)).toEqual(Buffer.from(bytes));
        },
      ),
    );
  });

  it('reads named bits and identifiers that the writer writes', () => {
    const bits = fc.uniqueArray(fc.nat(20), { maxLength: 12 }).map((list) => list.sort((a, b) => a - b));
    const arcs = fc.tuple(fc.constantFrom(0, 1), fc.nat(39), fc.array(fc.nat(0xfffffff), { maxLength: 8 }));
    fc.assert(
      fc.property(bits, arcs, (list, [first, second, rest]) => {
        expect(read.namedBits(one(der.namedBits(...list)))).toEqual(list);
        const dotted = [first, second, ...rest].join('.');
        expect(read.oid(one(der.oid(dotted)))).toBe(dotted);
      }),
    );
  });

  it('reads any date to the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: -631_152_000, max: 253_402_300_799 }), (seconds) => {
        expect(read.time(one(der.time(seconds * 1000)))).toBe(seconds * 1000);
      }),
    );
  });

  it('answers anything with an element or a DerError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          read.requireStrict(one(Buffer.from(bytes)));
        } catch (error) {
          expect(error).toBeInstanceOf(read.DerError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
