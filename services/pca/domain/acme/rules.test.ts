import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptedIdentifiers, isPreapproved } from './identifier.ts';
import { NONCE_MS, NONCE_RANDOM_BYTES, readNonce, writeNonce } from './nonce.ts';
import { AcmeProblem } from './problem.ts';
import { pastWindow, readCertificateId, suggestedWindow, writeCertificateId } from './renewal-info.ts';

const DAY = 86_400_000;

describe('names', () => {
  const rules = {
    zones: ['example.com'],
    addresses: ['10.0.0.0/8', 'fd00::/8'],
    wildcards: true,
    preapproved: ['in.example.com'],
  };
  it.each([
    ['dns', 'example.com', 'example.com'],
    ['dns', 'A.Example.COM', 'a.example.com'],
    ['dns', '*.example.com', '*.example.com'],
    ['dns', 'notexample.com', undefined],
    ['dns', 'example.com.', undefined],
    ['dns', 'example.com.evil.org', undefined],
    ['dns', 'a.*.example.com', undefined],
    ['dns', '10.1.2.3', undefined],
    ['ip', '10.1.2.3', '10.1.2.3'],
    ['ip', '11.1.2.3', undefined],
    ['ip', 'fd00::1', 'fd00::1'],
    ['ip', '::ffff:10.1.2.3', undefined],
    ['ip', 'example.com', undefined],
    ['uri', 'spiffe://x', undefined],
  ])('%s %s is taken as %s', (type, value, taken) => {
    const accept = () => acceptedIdentifiers([{ type, value }], rules).map((one) => one.value);
    if (taken === undefined) expect(accept).toThrow(AcmeProblem);
    else expect(accept()).toEqual([taken]);
  });

  it('are asked for once each', () => {
    const twice = ['a.example.com', 'A.example.com'].map((value) => ({ type: 'dns', value }));
    expect(acceptedIdentifiers(twice, rules)).toHaveLength(1);
  });

  it.each([
    ['a.in.example.com', true],
    ['*.in.example.com', true],
    ['in.example.com', true],
    ['example.com', false],
    ['xin.example.com', false],
  ])('%s needs no proof: %s', (value, free) => {
    expect(isPreapproved({ type: 'dns', value }, rules)).toBe(free);
  });
});

describe('a nonce', () => {
  const key = Buffer.alloc(32, 1);
  const nonce = writeNonce(key, 'directory', 1_000, Buffer.alloc(NONCE_RANDOM_BYTES, 2));

  it('is of its directory, its key and its time', () => {
    expect(readNonce(key, 'directory', 1_000, nonce)).toBe(1_000 + NONCE_MS);
    expect(readNonce(key, 'directory', 1_000 + NONCE_MS, nonce)).toBeUndefined();
    expect(readNonce(key, 'other', 1_000, nonce)).toBeUndefined();
    expect(readNonce(Buffer.alloc(32, 3), 'directory', 1_000, nonce)).toBeUndefined();
  });

  it('is not what anybody else makes', () => {
    fc.assert(fc.property(fc.string(), (text) => text === nonce || readNonce(key, 'directory', 0, text) === undefined));
    const bytes = Buffer.from(nonce, 'base64url');
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      expect(readNonce(key, 'directory', 1_000, changed.toString('base64url'))).toBeUndefined();
    }
  });
});

describe('renewal information', () => {
  it('asks for renewal after two thirds of a long life, and after half of a short one', () => {
    expect(suggestedWindow({ notBefore: 0, notAfter: 90 * DAY })).toEqual({
      start: 60 * DAY - 0.9 * DAY,
      end: 60.9 * DAY,
    });
    expect(suggestedWindow({ notBefore: 0, notAfter: 6 * DAY })).toEqual({
      start: 3 * DAY - 0.06 * DAY,
      end: 3.06 * DAY,
    });
  });

  it('asks at once by a window that is over', () => {
    expect(pastWindow(DAY).end).toBeLessThan(DAY);
  });

  it('names certificates in one way only', () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, bytes, (keyId, serial) => {
        expect(readCertificateId(writeCertificateId({ keyId, serial }))).toEqual({ keyId, serial });
      }),
    );
    for (const text of ['', '.', 'AAAA', 'AAAA.', '.AAAA', 'AAAA.AAAA.AAAA', 'AAB=.AAAA', 'AAB.AAAA'])
      expect(readCertificateId(text)).toBeUndefined();
  });
});
