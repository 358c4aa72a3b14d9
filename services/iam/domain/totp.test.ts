import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterAttempt, NO_ATTEMPTS } from './mfa.ts';
import { qrModules } from './qr-code.ts';
import { qrPng } from './qr-png.ts';
import { correctionBytes } from './reed-solomon.ts';
import { acceptedPair, acceptedStep, base32, codeOf, seedUri, stepAt } from './totp.ts';

const SEED = Buffer.from('12345678901234567890');
const at = (seconds: number) => seconds * 1000;

describe('one-time passwords', () => {
  // RFC 6238 appendix B, SHA-1, last six of eight digits.
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %i s are those of RFC 6238', (seconds, code) => expect(codeOf(SEED, stepAt(at(seconds)))).toBe(code));

  // RFC 4226 appendix D: the same with a counter.
  it('with a counter are those of RFC 4226', () => {
    expect([0, 1, 2, 9].map((step) => codeOf(SEED, step))).toEqual(['755224', '287082', '359152', '520489']);
  });

  const now = at(1_111_111_111);
  const present = stepAt(now);
  const window = { steps: 1, drift: 0, lastStep: 0 };

  it('are accepted one step early and one step late, and not two', () => {
    for (const off of [-1, 0, 1])
      expect(acceptedStep(SEED, codeOf(SEED, present + off), now, window)).toBe(present + off);
    for (const off of [-2, 2]) expect(acceptedStep(SEED, codeOf(SEED, present + off), now, window)).toBeUndefined();
  });

  it('are not accepted again, nor is an earlier one', () => {
    const used = { ...window, lastStep: present };
    for (const off of [-1, 0]) expect(acceptedStep(SEED, codeOf(SEED, present + off), now, used)).toBeUndefined();
    expect(acceptedStep(SEED, codeOf(SEED, present + 1), now, used)).toBe(present + 1);
  });

  it('follow the clock of the device', () => {
    const fast = { ...window, drift: 20 };
    expect(acceptedStep(SEED, codeOf(SEED, present + 20), now, fast)).toBe(present + 20);
    expect(acceptedStep(SEED, codeOf(SEED, present), now, fast)).toBeUndefined();
  });

  it('tell the clock only when two are consecutive', () => {
    const wide = { ...window, steps: 60 };
    const [a, b, c] = [0, 1, 2].map((off) => codeOf(SEED, present + 30 + off)) as [string, string, string];
    expect(acceptedPair(SEED, [a, b], now, wide)).toBe(present + 31);
    expect(acceptedPair(SEED, [a, c], now, wide)).toBeUndefined();
    expect(acceptedPair(SEED, [b, a], now, wide)).toBeUndefined();
    expect(acceptedPair(SEED, [a, a], now, wide)).toBeUndefined();
  });

  it('are refused whatever else is given', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (text) => {
        fc.pre([-1, 0, 1].every((off) => codeOf(SEED, present + off) !== text));
        expect(acceptedStep(SEED, text, now, window)).toBeUndefined();
      }),
    );
  });
});

describe('wrong codes', () => {
  it('lock the device at the fifth, and again at each further one', () => {
    let state = NO_ATTEMPTS;
    for (let i = 1; i <= 4; i++) {
      state = afterAttempt(state, 1000);
      expect(state.locked_until).toBe(0);
    }
    state = afterAttempt(state, 1000);
    expect(state.locked_until).toBe(1000 + 900_000);
    expect(afterAttempt(state, 2_000_000).locked_until).toBe(2_900_000);
  });
});

describe('the seed for an app', () => {
  // RFC 4648, 10, without padding.
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foob', 'MZXW6YQ'],
    ['foobar', 'MZXW6YTBOI'],
  ])('%j is %s in base32', (text, expected) => expect(base32(Buffer.from(text))).toBe(expected));

  it('is in a URI that names device and account', () => {
    expect(seedUri('GEZDGNBV', 'a+b@c', '123456789012')).toBe(
      'otpauth://totp/a%2Bb%40c%40123456789012?secret=GEZDGNBV&issuer=Parapet',
    );
  });
});

describe('QR codes', () => {
  // The data and correction bytes of "HELLO WORLD", 1-M, worked out in many introductions to the standard.
  it('correct with Reed-Solomon over 0x11D', () => {
    const data = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17];
    expect(correctionBytes(Uint8Array.from(data), 10)).toEqual([196, 35, 39, 119, 235, 215, 231, 226, 93, 23]);
  });

  // Each of these symbols was read by a reader that is not ours (jsQR 1.4) when the digest was taken.
  it.each([
    [5, 29, 'f89a8363916aa79346ae8c7da71bc5de'],
    [180, 53, '7100284699170b0b55692596017ea0f3'],
    [700, 93, 'c150cb65ee96f15b029356a29a395f58'],
  ])('of %i letters are what another reader reads', (letters, side, digest) => {
    const rows = qrModules(`otpauth://totp/${'a'.repeat(letters)}?secret=GEZDGNBVGY3TQOJQ`);
    expect(rows.length).toBe(side);
    const bits = rows.map((row) => row.map(Number).join('')).join('\n');
    expect(createHash('sha256').update(bits).digest('hex').slice(0, 32)).toBe(digest);
  });

  it('are refused for a text that is too long', () => {
    expect(() => qrModules('x'.repeat(1000))).toThrow(RangeError);
  });

  it('are PNG images', () => {
    const png = qrPng('x');
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe((21 + 8) * 5);
  });
});
