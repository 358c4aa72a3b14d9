import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deriveSigningKey, hmac } from '../canonical.ts';
import { type RequestToSign, signHeaders } from '../sign.ts';
import {
  AK,
  attack,
  BASE,
  type Case,
  CREDENTIALS,
  forScope,
  MINUTE,
  NOW,
  outcome,
  SCOPE,
  SIGNING,
  signed,
  withHeader,
} from '../testing/attack.ts';
import type { SignedHttpRequest } from '../types.ts';

const CASES: readonly Case[] = [
  // clock
  ['accepts a request 4 min 59 s old', 'ok', () => signed(BASE, { now: NOW - 299_000 })],
  ['accepts a request 5 min ahead', 'ok', () => signed(BASE, { now: NOW + 5 * MINUTE })],
  ['refuses a request 5 min 1 s old', 'SignatureDoesNotMatch', () => signed(BASE, { now: NOW - 301_000 })],
  ['refuses a request 5 min 1 s ahead', 'SignatureDoesNotMatch', () => signed(BASE, { now: NOW + 301_000 })],
  [
    'accepts 14 min old with a window of 15',
    'ok',
    () => signed(BASE, { now: NOW - 14 * MINUTE }),
    { clockWindowSeconds: 900 },
  ],
  [
    'accepts 14 min ahead with a window of 15',
    'ok',
    () => signed(BASE, { now: NOW + 14 * MINUTE }),
    { clockWindowSeconds: 900 },
  ],
  [
    'refuses 16 min old with a window of 15',
    'SignatureDoesNotMatch',
    () => signed(BASE, { now: NOW - 16 * MINUTE }),
    { clockWindowSeconds: 900 },
  ],
  [
    'refuses 16 min ahead with a window of 15',
    'SignatureDoesNotMatch',
    () => signed(BASE, { now: NOW + 16 * MINUTE }),
    { clockWindowSeconds: 900 },
  ],
  [
    'caps the window at 15 min',
    'SignatureDoesNotMatch',
    () => signed(BASE, { now: NOW - 16 * MINUTE }),
    { clockWindowSeconds: 86_400 },
  ],
  ['refuses everything when the clock is not a number', 'SignatureDoesNotMatch', () => signed(), { now: Number.NaN }],
  [
    'refuses an impossible day',
    'IncompleteSignature',
    () => forScope(`${AK}/20261131/eu-x-private-1/kms/aws4_request`, '20261131T120000Z'),
  ],
  ['refuses hour 24', 'IncompleteSignature', () => forScope(`${AK}/${SCOPE}`, '20261122T240000Z')],
  ['refuses a date with separators', 'IncompleteSignature', () => forScope(`${AK}/${SCOPE}`, '2026-11-22T12:00:00Z')],
  ['refuses a date without zone', 'IncompleteSignature', () => forScope(`${AK}/${SCOPE}`, '20261122T120000')],
  ['refuses an empty date', 'IncompleteSignature', () => forScope(`${AK}/${SCOPE}`, '')],
  ['refuses a missing date', 'IncompleteSignature', () => withHeader(signed(), 'x-amz-date', () => undefined)],
  ['refuses a moved date', 'SignatureDoesNotMatch', () => withHeader(signed(), 'x-amz-date', () => '20261122T120001Z')],
  // scope
  [
    'refuses a scope date that is not the request date',
    'SignatureDoesNotMatch',
    () => forScope(`${AK}/20261121/eu-x-private-1/kms/aws4_request`),
  ],
  ['refuses another service', 'SignatureDoesNotMatch', () => signed(BASE, { service: 'iam' })],
  ['refuses another region', 'SignatureDoesNotMatch', () => signed(BASE, { region: 'eu-west-1' })],
  ['refuses us-east-1 for a regional service', 'SignatureDoesNotMatch', () => signed(BASE, { region: 'us-east-1' })],
  ['accepts us-east-1 for iam', 'ok', () => signed(BASE, { region: 'us-east-1', service: 'iam' }), { service: 'iam' }],
  ['accepts us-east-1 for sts', 'ok', () => signed(BASE, { region: 'us-east-1', service: 'sts' }), { service: 'sts' }],
  [
    'accepts us-east-1 for organizations',
    'ok',
    () => signed(BASE, { region: 'us-east-1', service: 'organizations' }),
    { service: 'organizations' },
  ],
  [
    'refuses eu-west-1 for iam',
    'SignatureDoesNotMatch',
    () => signed(BASE, { region: 'eu-west-1', service: 'iam' }),
    { service: 'iam' },
  ],
  [
    'refuses a further slash in the credential',
    'IncompleteSignature',
    () => forScope(`${AK}/20261122/eu-x-private-1/kms/x/aws4_request`),
  ],
  ['refuses a slash in the access key id', 'IncompleteSignature', () => forScope(`AKIA/${AK}/${SCOPE}`)],
  ['refuses a short credential', 'IncompleteSignature', () => forScope(`${AK}/20261122/eu-x-private-1/aws4_request`)],
  [
    'refuses another scope end',
    'IncompleteSignature',
    () => forScope(`${AK}/20261122/eu-x-private-1/kms/aws5_request`),
  ],
  ['refuses a trailing slash', 'IncompleteSignature', () => forScope(`${AK}/${SCOPE}/`)],
  ['refuses an empty region', 'IncompleteSignature', () => forScope(`${AK}/20261122//kms/aws4_request`)],
  ['refuses an empty access key id', 'IncompleteSignature', () => forScope(`/${SCOPE}`)],
  ['refuses an access key id of 15 characters', 'IncompleteSignature', () => forScope(`AKIAEXAMPLE0000/${SCOPE}`)],
  ['refuses an access key id of 129 characters', 'IncompleteSignature', () => forScope(`${'A'.repeat(129)}/${SCOPE}`)],
  ['refuses an access key id with a wildcard', 'IncompleteSignature', () => forScope(`AKIAEXAMPLEEXAMPL*/${SCOPE}`)],
  [
    'refuses a region in upper case',
    'IncompleteSignature',
    () => forScope(`${AK}/20261122/EU-X-PRIVATE-1/kms/aws4_request`),
  ],
  [
    'refuses a prototype name as region',
    'IncompleteSignature',
    () => forScope(`${AK}/20261122/__proto__/kms/aws4_request`),
  ],
];

describe('SigV4: clock and scope', () => {
  attack(CASES, 29);

  it('takes the Date header when there is no x-amz-date, in both of its forms', () => {
    for (const date of ['Sun, 22 Nov 2026 12:00:00 GMT', '20261122T120000Z']) {
      const rawHeaders = [...BASE.rawHeaders, 'Date', date];
      const full = signHeaders({ ...BASE, rawHeaders }, CREDENTIALS, SIGNING);
      // Signed again without x-amz-date: same time, other header set.
      const canonical = full.canonicalRequest.replace('x-amz-date:20261122T120000Z\n', '').replace('x-amz-date;', '');
      const request = resign({ ...BASE, rawHeaders }, canonical);
      expect(outcome(request)).toBe('ok');
      expect(outcome(withHeader(request, 'date', () => 'Sun, 22 Nov 2026 12:00:01 GMT'))).toBe('SignatureDoesNotMatch');
      expect(outcome(withHeader(request, 'date', () => 'Sunday, 22-Nov-26 12:00:00 GMT'))).toBe('IncompleteSignature');
    }
  });
});

function resign(request: RequestToSign, canonical: string): SignedHttpRequest {
  const key = deriveSigningKey(CREDENTIALS.secretAccessKey, '20261122', 'eu-x-private-1', 'kms');
  const toSign = `AWS4-HMAC-SHA256\n20261122T120000Z\n${SCOPE}\n${sha256(canonical)}`;
  const value = `AWS4-HMAC-SHA256 Credential=${AK}/${SCOPE}, SignedHeaders=content-type;date;host;x-amz-target, Signature=${hmac(key, toSign).toString('hex')}`;
  return {
    method: request.method,
    rawTarget: request.rawTarget,
    rawHeaders: [...request.rawHeaders, 'Authorization', value],
    body: request.body ?? Buffer.alloc(0),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'latin1').digest('hex');
}
