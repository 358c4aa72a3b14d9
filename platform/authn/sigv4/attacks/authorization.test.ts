import { describe, expect, it } from 'vitest';
import { deriveSigningKey, hmac } from '../canonical.ts';
import { parseSigV4 } from '../parse.ts';
import { signHeaders } from '../sign.ts';
import {
  attack,
  authorization,
  BASE,
  type Case,
  CREDENTIALS,
  outcome,
  plus,
  presigned,
  SIGNING,
  signed,
  VERIFYING,
  withHeader,
} from '../testing/attack.ts';
import { verifySigV4 } from '../verify.ts';

const CASES: readonly Case[] = [
  ['accepts an honest header signature', 'ok', () => signed()],
  ['accepts an honest signature with x-amz-content-sha256', 'ok', () => signed(BASE, { signBody: true })],
  ['accepts an honest presigned request', 'ok', () => presigned()],
  ['accepts parts without a blank after the comma', 'ok', () => authorization((v) => v.replaceAll(', ', ','))],
  ['accepts an unsigned x-amzn-trace-id', 'ok', () => plus(signed(), 'X-Amzn-Trace-Id', 'Root=1')],
  ['accepts an unsigned header of another family', 'ok', () => plus(signed(), 'amz-sdk-request', 'attempt=1')],
  ['accepts the session token when it is signed', 'ok', () => signed(BASE, {}, 'token-of-the-session')],
  // no signature, other schemes
  ['passes on a request without signature', 'unsigned', () => ({ ...signed(), rawHeaders: [...BASE.rawHeaders] })],
  ['passes on a bearer token', 'unsigned', () => authorization(() => 'Bearer abc')],
  ['refuses SigV4a', 'IncompleteSignature', () => authorization((v) => v.replace('HMAC-SHA256', 'ECDSA-P256-SHA256'))],
  ['refuses an algorithm in lower case', 'IncompleteSignature', () => authorization((v) => v.replace('HMAC', 'hmac'))],
  ['refuses HMAC-SHA1', 'IncompleteSignature', () => authorization((v) => v.replace('SHA256', 'SHA1'))],
  ['refuses the algorithm alone', 'IncompleteSignature', () => authorization(() => 'AWS4-HMAC-SHA256')],
  ['refuses the algorithm and a blank', 'IncompleteSignature', () => authorization(() => 'AWS4-HMAC-SHA256 ')],
  [
    'refuses a missing Credential',
    'IncompleteSignature',
    () => authorization((v) => v.replace(/Credential=[^,]*, /, '')),
  ],
  [
    'refuses a missing SignedHeaders',
    'IncompleteSignature',
    () => authorization((v) => v.replace(/SignedHeaders=[^,]*, /, '')),
  ],
  ['refuses a missing Signature', 'IncompleteSignature', () => authorization((v) => v.replace(/, Signature=.*/, ''))],
  [
    'refuses a repeated Signature',
    'IncompleteSignature',
    () => authorization((v) => `${v}, Signature=${'0'.repeat(64)}`),
  ],
  [
    'refuses a repeated Credential',
    'IncompleteSignature',
    () => authorization((v) => v.replace('Credential=', 'Credential=x, Credential=')),
  ],
  ['refuses an unknown part', 'IncompleteSignature', () => authorization((v) => `${v}, Foo=bar`)],
  [
    'refuses a trailing comma',
    'IncompleteSignature',
    () => authorization((v) => v.replace(', Signature', ',, Signature')),
  ],
  [
    'refuses part names in another case',
    'IncompleteSignature',
    () => authorization((v) => v.replace('Signature=', 'signature=')),
  ],
  ['refuses two Authorization headers', 'IncompleteSignature', () => plus(signed(), 'authorization', 'Bearer x')],
  [
    'refuses two equal Authorization headers',
    'IncompleteSignature',
    () => plus(signed(), 'Authorization', signed().rawHeaders.at(-1) as string),
  ],
  ['refuses two Host headers', 'IncompleteSignature', () => plus(signed(), 'host', 'other.test')],
  ['refuses two x-amz-date headers', 'IncompleteSignature', () => plus(signed(), 'x-amz-date', '20261122T120001Z')],
  ['refuses two Date headers', 'IncompleteSignature', () => plus(signed(), 'date', 'a', 'Date', 'b')],
  [
    'refuses two session tokens',
    'IncompleteSignature',
    () => plus(signed(BASE, {}, 'one'), 'x-amz-security-token', 'two'),
  ],
  // signature text
  [
    'refuses an all-zero signature',
    'SignatureDoesNotMatch',
    () => authorization((v) => v.replace(/Signature=.*/, `Signature=${'0'.repeat(64)}`)),
  ],
  [
    'refuses an upper-case signature',
    'IncompleteSignature',
    () => authorization((v) => v.replace(/Signature=.*/, (s) => `Signature=${s.slice(10).toUpperCase()}`)),
  ],
  ['refuses a signature of 63 digits', 'IncompleteSignature', () => authorization((v) => v.slice(0, -1))],
  ['refuses a signature of 65 digits', 'IncompleteSignature', () => authorization((v) => `${v}0`)],
  ['refuses a signature that is not hex', 'IncompleteSignature', () => authorization((v) => `${v.slice(0, -1)}g`)],
  [
    'refuses an empty signature',
    'IncompleteSignature',
    () => authorization((v) => v.replace(/Signature=.*/, 'Signature=')),
  ],
  [
    'refuses a changed first digit',
    'SignatureDoesNotMatch',
    () => authorization((v) => v.replace(/(Signature=)(.)/, (_, p, d) => p + (d === '0' ? '1' : '0'))),
  ],
  [
    'refuses a changed last digit',
    'SignatureDoesNotMatch',
    () => authorization((v) => v.slice(0, -1) + (v.endsWith('0') ? '1' : '0')),
  ],
];

describe('SigV4: the authorization header', () => {
  attack(CASES, 29);

  it('refuses the secret of another key', () => {
    expect(outcome(signed(), {}, 'another secret')).toBe('SignatureDoesNotMatch');
  });

  it('refuses an unknown access key with InvalidClientTokenId, whatever the signature', () => {
    for (const request of [signed(), authorization((v) => v.replace(/Signature=.*/, `Signature=${'0'.repeat(64)}`))]) {
      const parsed = parseSigV4(request);
      if (!parsed?.ok) throw new Error('request is not parsed');
      expect(verifySigV4(parsed, request, undefined, VERIFYING)).toMatchObject({ code: 'InvalidClientTokenId' });
    }
  });

  it('refuses a key of zeros even when the signature fits it', () => {
    const zero = Buffer.alloc(32);
    const request = signed();
    const parts = signHeaders(BASE, CREDENTIALS, SIGNING);
    const forged = withHeader(request, 'authorization', (v) =>
      v.replace(/Signature=.*/, `Signature=${hmac(zero, parts.stringToSign).toString('hex')}`),
    );
    expect(outcome(forged, {}, zero)).toBe('SignatureDoesNotMatch');
  });

  it('accepts the derived key in place of the secret', () => {
    const key = deriveSigningKey(CREDENTIALS.secretAccessKey, '20261122', 'eu-x-private-1', 'kms');
    expect(outcome(signed(), {}, key)).toBe('ok');
  });
});
