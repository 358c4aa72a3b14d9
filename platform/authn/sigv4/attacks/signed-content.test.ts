import { describe, expect, it } from 'vitest';
import { parseSigV4 } from '../parse.ts';
import {
  attack,
  BASE,
  type Case,
  CREDENTIALS,
  onTarget,
  plus,
  presigned,
  signed,
  target,
  VERIFYING,
} from '../testing/attack.ts';
import { verifySigV4 } from '../verify.ts';

const CASES: readonly Case[] = [
  // method, path, body
  ['refuses another method', 'SignatureDoesNotMatch', () => ({ ...signed(), method: 'PUT' })],
  ['refuses a method in lower case', 'SignatureDoesNotMatch', () => ({ ...signed(), method: 'post' })],
  ['refuses another path', 'SignatureDoesNotMatch', () => target(signed(), () => '/v1')],
  ['refuses %2F for a slash', 'SignatureDoesNotMatch', () => target(onTarget('/a/b'), () => '/a%2Fb')],
  ['refuses %2f for %2F in the path', 'SignatureDoesNotMatch', () => target(onTarget('/a%2Fb'), () => '/a%2fb')],
  ['refuses %41 for A in the path', 'SignatureDoesNotMatch', () => target(onTarget('/A'), () => '/%41')],
  ['refuses double encoding in the path', 'SignatureDoesNotMatch', () => target(onTarget('/a%20b'), () => '/a%2520b')],
  ['accepts a path with encoded characters', 'ok', () => onTarget('/v1/keys/arn%3Aaws%3Akms/a%20b')],
  ['refuses an absolute-form target', 'IncompleteSignature', () => target(signed(), () => 'http://evil.test/')],
  ['refuses a target without slash', 'IncompleteSignature', () => target(signed(), () => '*')],
  ['refuses a changed body', 'SignatureDoesNotMatch', () => ({ ...signed(), body: Buffer.from('{"Limit": 11}') })],
  ['refuses an emptied body', 'SignatureDoesNotMatch', () => ({ ...signed(), body: Buffer.alloc(0) })],
  [
    'refuses a body that is not x-amz-content-sha256',
    'SignatureDoesNotMatch',
    () => ({ ...signed(BASE, { signBody: true }), body: Buffer.from('{}') }),
  ],
  ['refuses UNSIGNED-PAYLOAD', 'SignatureDoesNotMatch', () => signed(BASE, { unsignedPayload: true })],
  [
    'accepts UNSIGNED-PAYLOAD where it is allowed',
    'ok',
    () => signed(BASE, { unsignedPayload: true }),
    { allowUnsignedPayload: true },
  ],
  ...[
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  ].map(
    (form) =>
      [
        `refuses ${form}`,
        'SignatureDoesNotMatch',
        () => signed({ ...BASE, rawHeaders: [...BASE.rawHeaders, 'x-amz-content-sha256', form] }),
        { allowUnsignedPayload: true },
      ] as Case,
  ),
  [
    'refuses an empty x-amz-content-sha256',
    'SignatureDoesNotMatch',
    () => signed({ ...BASE, rawHeaders: [...BASE.rawHeaders, 'x-amz-content-sha256', ''] }),
  ],
  // query of a header-signed request
  ['refuses an added query', 'SignatureDoesNotMatch', () => target(signed(), () => '/?a=b')],
  ['refuses a dropped parameter', 'SignatureDoesNotMatch', () => target(onTarget('/?a=1&b=2'), () => '/?a=1')],
  ['refuses a doubled parameter', 'SignatureDoesNotMatch', () => target(onTarget('/?a=1'), () => '/?a=1&a=1')],
  [
    'refuses a swapped value of one name',
    'SignatureDoesNotMatch',
    () => target(onTarget('/?a=1&b=2'), () => '/?a=2&b=1'),
  ],
  ['refuses + for %20', 'SignatureDoesNotMatch', () => target(onTarget('/?a=x%20y'), () => '/?a=x+y')],
  ['refuses + for %2B', 'SignatureDoesNotMatch', () => target(onTarget('/?a=x%2By'), () => '/?a=x+y')],
  ['refuses %2B for +', 'SignatureDoesNotMatch', () => target(onTarget('/?a=x+y'), () => '/?a=x%2By')],
  [
    'refuses double encoding in the query',
    'SignatureDoesNotMatch',
    () => target(onTarget('/?a=%2F'), () => '/?a=%252F'),
  ],
  ['accepts a query whose hex digits are lower-case', 'ok', () => target(onTarget('/?a=%2F'), () => '/?a=%2f')],
  ['accepts a name without = as an empty value', 'ok', () => target(onTarget('/?a='), () => '/?a')],
  ['accepts parameters in another order', 'ok', () => target(onTarget('/?b=2&a=1'), () => '/?a=1&b=2')],
  ['refuses a broken percent sequence', 'IncompleteSignature', () => target(onTarget('/?a=1'), () => '/?a=%zz')],
  ['refuses a cut percent sequence', 'IncompleteSignature', () => target(onTarget('/?a=1'), () => '/?a=%2')],
  [
    'refuses header and query together',
    'IncompleteSignature',
    () => ({ ...signed(), rawTarget: presigned().rawTarget }),
  ],
  [
    'refuses a bearer token with a presigned query',
    'IncompleteSignature',
    () => plus(presigned(), 'Authorization', 'Bearer x'),
  ],
  [
    'refuses a session token in the query beside the header',
    'IncompleteSignature',
    () => onTarget('/?X-Amz-Security-Token=x'),
  ],
  [
    'refuses X-Amz-Signature in the query beside the header',
    'IncompleteSignature',
    () => onTarget(`/?X-Amz-Signature=${'0'.repeat(64)}`),
  ],
];

describe('SigV4: method, path, query and body', () => {
  attack(CASES, 28);

  it('names the canonical request only with the debug option', () => {
    const request = { ...signed(), body: Buffer.from('x') };
    const parsed = parseSigV4(request);
    if (!parsed?.ok) throw new Error('request is not parsed');
    const secret = CREDENTIALS.secretAccessKey;
    expect(verifySigV4(parsed, request, secret, VERIFYING)).not.toHaveProperty('debug');
    expect(verifySigV4(parsed, request, secret, { ...VERIFYING, debug: true })).toHaveProperty(
      'debug.canonicalRequest',
    );
  });
});
