import { describe } from 'vitest';
import { attack, BASE, type Case, GET, NOW, plus, presigned, signed, target, withHeader } from '../testing/attack.ts';

const CASES: readonly Case[] = [
  // presigned
  ['accepts a presigned request in its last second', 'ok', () => presigned(GET, 300, { now: NOW - 300_000 })],
  [
    'refuses a presigned request one second too old',
    'RequestExpired',
    () => presigned(GET, 300, { now: NOW - 301_000 }),
  ],
  ['accepts a presigned request of six days', 'ok', () => presigned(GET, 604_800, { now: NOW - 6 * 86_400_000 })],
  [
    'refuses a presigned request from the future',
    'SignatureDoesNotMatch',
    () => presigned(GET, 300, { now: NOW + 301_000 }),
  ],
  ['refuses an expiry of 0', 'IncompleteSignature', () => presigned(GET, 0)],
  ['refuses an expiry of 604801', 'IncompleteSignature', () => presigned(GET, 604_801)],
  ['refuses a negative expiry', 'IncompleteSignature', () => presigned(GET, -1)],
  ['refuses a fractional expiry', 'IncompleteSignature', () => presigned(GET, 1.5)],
  [
    'refuses an expiry beyond the policy of the service',
    'IncompleteSignature',
    () => presigned(GET, 301),
    { maxExpiresSeconds: 300 },
  ],
  [
    'refuses a lengthened expiry',
    'SignatureDoesNotMatch',
    () => target(presigned(), (t) => t.replace('Expires=300', 'Expires=900')),
  ],
  ['refuses a doubled expiry', 'IncompleteSignature', () => target(presigned(), (t) => `${t}&X-Amz-Expires=900`)],
  [
    'refuses a doubled expiry in an encoded name',
    'IncompleteSignature',
    () => target(presigned(), (t) => `${t}&X%2DAmz-Expires=900`),
  ],
  [
    'refuses a parameter name in another case',
    'IncompleteSignature',
    () => target(presigned(), (t) => t.replace('X-Amz-Date', 'x-amz-date')),
  ],
  [
    'refuses a missing expiry',
    'IncompleteSignature',
    () => target(presigned(), (t) => t.replace('&X-Amz-Expires=300', '')),
  ],
  [
    'refuses a missing algorithm',
    'IncompleteSignature',
    () => target(presigned(), (t) => t.replace('X-Amz-Algorithm', 'Algorithm')),
  ],
  [
    'refuses another algorithm',
    'IncompleteSignature',
    () => target(presigned(), (t) => t.replace('HMAC-SHA256', 'ECDSA-P256-SHA256')),
  ],
  [
    'refuses another action',
    'SignatureDoesNotMatch',
    () => target(presigned(), (t) => t.replace('GetCallerIdentity', 'GetSessionToken')),
  ],
  ['refuses an added parameter', 'SignatureDoesNotMatch', () => target(presigned(), (t) => `${t}&RoleArn=x`)],
  [
    'refuses an added session token parameter',
    'SignatureDoesNotMatch',
    () => target(presigned(), (t) => `${t}&X-Amz-Security-Token=x`),
  ],
  [
    'refuses an added body',
    'SignatureDoesNotMatch',
    () => ({ ...presigned(), body: Buffer.from('Action=DeleteUser') }),
  ],
  [
    'refuses a broken encoding in a presigned query',
    'IncompleteSignature',
    () => target(presigned(), (t) => `${t}&a=%`),
  ],
  [
    'refuses a date header beside a presigned query',
    'IncompleteSignature',
    () => plus(presigned(), 'x-amz-date', '20261122T120000Z'),
  ],
  [
    'refuses an unsigned x-amz header on a presigned request',
    'IncompleteSignature',
    () => plus(presigned(), 'x-amz-target', 'x'),
  ],
  ['refuses a presigned request without host', 'SignatureDoesNotMatch', () => ({ ...presigned(), rawHeaders: [] })],
  // tokens
  [
    'refuses another session token',
    'SignatureDoesNotMatch',
    () => withHeader(signed(BASE, {}, 'one'), 'x-amz-security-token', () => 'two'),
  ],
  [
    'refuses a removed session token',
    'SignatureDoesNotMatch',
    () => withHeader(signed(BASE, {}, 'one'), 'x-amz-security-token', () => undefined),
  ],
  ['refuses an empty session token', 'IncompleteSignature', () => signed(BASE, {}, '')],
  ['refuses a session token over 8 KiB', 'IncompleteSignature', () => signed(BASE, {}, 'x'.repeat(8193))],
  [
    'refuses a token added after signing',
    'IncompleteSignature',
    () => signed(BASE, { omitSessionToken: true }, 'late'),
  ],
];

describe('SigV4: presigned requests and session tokens', () => {
  attack(CASES, 27);
});
