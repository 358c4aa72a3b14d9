import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isCanonicalBase64 } from './base64.ts';
import { foldCase } from './case-fold.ts';
import { compareDecimals, parseDecimal } from './decimal.ts';
import { compareInstants, parseInstant } from './instant.ts';
import { contains, parseAddress, parseRange } from './ip-range.ts';
import { isInside, parseTimeWindow } from './time-window.ts';

describe('decimals', () => {
  it('compare as rational numbers of any length', () => {
    const decimal = fc.tuple(
      fc.boolean(),
      fc.bigInt({ min: 0n, max: 10n ** 20n }),
      fc.bigInt({ min: 0n, max: 10n ** 6n - 1n }),
    );
    const text = ([minus, whole, part]: [boolean, bigint, bigint]) =>
      `${minus ? '-' : ''}${whole}.${String(part).padStart(6, '0')}`;
    const value = ([minus, whole, part]: [boolean, bigint, bigint]) => (whole * 10n ** 6n + part) * (minus ? -1n : 1n);
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const order = Math.sign(compareDecimals(parseDecimal(text(a))!, parseDecimal(text(b))!));
        expect(order).toBe(value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0);
      }),
    );
  });

  it.each([
    ['0', '-0'],
    ['1', '+1'],
    ['1.50', '01.5'],
    ['0.0', '0'],
    ['-2.0', '-2'],
  ])('%s equals %s', (a, b) => {
    expect(compareDecimals(parseDecimal(a)!, parseDecimal(b)!) + 0).toBe(0);
  });

  it.each([
    ['9007199254740992', '9007199254740993'],
    ['0.1', '0.10000000000000000001'],
    ['-1', '0'],
    ['-2', '-1.9'],
    ['9', '10'],
  ])('%s is less than %s', (a, b) => {
    expect(compareDecimals(parseDecimal(a)!, parseDecimal(b)!)).toBeLessThan(0);
    expect(compareDecimals(parseDecimal(b)!, parseDecimal(a)!)).toBeGreaterThan(0);
  });

  it.each(['', ' 1', '1 ', '.5', '5.', '1e3', '0x10', '10abc', '1,000', 'NaN', '--1', '١'])('refuses "%s"', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });
});

describe('instants', () => {
  it.each([
    ['2025', 1735689600],
    ['2025-06', 1748736000],
    ['2025-06-15', 1749945600],
    ['2025-06-15T12:00Z', 1749988800],
    ['2025-06-15T14:00:00+02:00', 1749988800],
    ['2025-06-15T12:00:00-00:00', 1749988800],
    ['1749988800', 1749988800],
    ['0', 0],
    ['-1', -1],
    ['1969-12-31T23:59:59Z', -1],
    ['0001', -62135596800],
    ['20250615', 20250615],
  ])('%s is %d seconds after the epoch', (text, seconds) => {
    expect(parseInstant(text)).toEqual({ seconds, fraction: '' });
  });

  it('keeps fractions exactly', () => {
    const order = (a: string, b: string) => Math.sign(compareInstants(parseInstant(a)!, parseInstant(b)!));
    expect(order('2025-06-15T12:00:00.1Z', '2025-06-15T12:00:00.10Z')).toBe(0);
    expect(order('2025-06-15T12:00:00.0999999999999Z', '1749988800.1')).toBe(-1);
    expect(order('1749988800.000000001', '2025-06-15T12:00:00Z')).toBe(1);
  });

  it.each([
    '',
    'now',
    '2025-6-15',
    '2025-02-29',
    '2025-06-31',
    '2025-06-15T12:00',
    '2025-06-15T24:00Z',
    '2025-06-15 12:00Z',
    '2025-06-15T12:00:60Z',
    '2025-06-15T12:00+2:00',
    '2025-06-15t12:00z',
    '1749988800s',
    '-1.5',
    '1234567890123456',
  ])('refuses "%s"', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });
});

describe('addresses', () => {
  const isIn = (range: string, text: string) => contains(parseRange(range)!, parseAddress(text)!);

  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3/8', '10.9.9.9', true],
    ['0.0.0.0/0', '255.255.255.255', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '10.0.0.1', false],
    ['2001:db8::1', '2001:0db8:0::1', true],
    ['2001:db8::/33', '2001:db8:7fff::', true],
    ['2001:db8::/33', '2001:db8:8000::', false],
    ['2001:db8::/127', '2001:db8::1', true],
    ['10.0.0.0/8', '::ffff:10.0.0.1', true],
    ['10.0.0.0/8', '::ffff:a00:1', true],
    ['::ffff:10.0.0.0/104', '10.200.0.1', true],
    ['::ffff:10.0.0.0/104', '11.0.0.1', false],
    ['128.0.0.0/1', '200.0.0.1', true],
    ['128.0.0.0/1', '100.0.0.1', false],
  ])('%s contains %s: %s', (range, text, expected) => {
    expect(isIn(range, text)).toBe(expected);
  });

  it('agrees with a containment computed on big integers', () => {
    const octets = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
    const number = (parts: number[]) => parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    fc.assert(
      fc.property(octets, octets, fc.nat(32), (a, b, prefix) => {
        const shift = BigInt(32 - prefix);
        expect(isIn(`${a.join('.')}/${prefix}`, b.join('.'))).toBe(number(a) >> shift === number(b) >> shift);
      }),
    );
  });

  it.each([
    '',
    '10.0.0',
    '10.0.0.0.0',
    '010.0.0.1',
    '256.0.0.1',
    '1.2.3.4 ',
    '0x7f.0.0.1',
    ':',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    'fe80::1%eth0',
    '::1.2.3',
    '1.2.3.4::',
    'g::',
  ])('refuses the address "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '::/129', '10/8', '10.0.0.0/8/8'])(
    'refuses the range "%s"',
    (text) => {
      expect(parseRange(text)).toBeUndefined();
    },
  );
});

describe('Base64', () => {
  it('accepts exactly what an encoder writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
        expect(isCanonicalBase64(Buffer.from(bytes).toString('base64'))).toBe(true);
      }),
    );
    const text = fc.string({ unit: fc.constantFrom(...'AQgwBz+/='), maxLength: 8 });
    fc.assert(
      fc.property(text, (candidate) => {
        expect(isCanonicalBase64(candidate)).toBe(Buffer.from(candidate, 'base64').toString('base64') === candidate);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('case folding', () => {
  it('agrees with the simple case folding of Unicode on every letter of the basic plane', () => {
    const differing: string[] = [];
    for (let code = 0; code < 0x10000; code++) {
      const character = String.fromCharCode(code);
      if (!/\p{L}/u.test(character)) continue;
      for (const other of [character.toLowerCase(), character.toUpperCase()]) {
        if ([...other].length !== 1) continue;
        // In Unicode mode a regular expression compares by simple case folding.
        const same = new RegExp(`^${character}$`, 'iu').test(other);
        if (same !== (foldCase(character) === foldCase(other))) differing.push(`${code.toString(16)} ${other}`);
      }
    }
    expect(differing).toEqual([]);
  });

  it('folds a final sigma like one in the middle and leaves the dotless i alone', () => {
    expect(foldCase('ΟΔΟΣ')).toBe(foldCase('οδος'));
    expect(foldCase('ı')).not.toBe(foldCase('I'));
    expect(foldCase('STRASSE')).not.toBe(foldCase('straße'));
  });
});

describe('time windows', () => {
  const inside = (window: string, text: string) => isInside(parseTimeWindow(window)!, parseInstant(text)!);

  it('holds for exactly the seconds between start and end, every second of a day', () => {
    const window = parseTimeWindow('22:30-01:15@UTC')!;
    const midnight = parseInstant('2025-06-15')!.seconds;
    let held = 0;
    for (let second = 0; second < 86_400; second += 15)
      if (isInside(window, { seconds: midnight + second, fraction: '' })) held++;
    expect(held * 15).toBe((1.5 + 1.25) * 3600);
  });

  it('follows the wall clock of the zone', () => {
    expect(inside('00:00-04:00@Asia/Kathmandu', '2025-06-15T18:15:00Z')).toBe(true);
    expect(inside('00:00-04:00@Asia/Kathmandu', '2025-06-15T18:14:59Z')).toBe(false);
    expect(inside('23:59:59-00:00:01@UTC', '2025-06-15T00:00:00.999Z')).toBe(true);
  });

  it.each([
    '00:00-04:00',
    '00:00-04:00@',
    '00:00-04:00@Nowhere/Land',
    '0:00-4:00@UTC',
    '00:60-04:00@UTC',
    '25:00-04:00@UTC',
    '24:00-04:00@UTC',
    '00:00-24:01@UTC',
    '04:00-04:00@UTC',
    '00:00-04:00@+08:00',
    '00:00–04:00@UTC',
  ])('refuses "%s"', (text) => {
    expect(parseTimeWindow(text)).toBeUndefined();
  });
});
