import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deriveSigningKey, hmac } from './canonical.ts';
import { parseSigV4 } from './parse.ts';
import { presign, type RequestToSign, type SigningOptions, signHeaders } from './sign.ts';
import type { SignedHttpRequest, SigV4FailureCode } from './types.ts';
import { type SigV4Options, verifySigV4 } from './verify.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const MINUTE = 60_000;
const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'secret-of-the-example-key-0123456789' };
const SIGNING: SigningOptions = { region: 'eu-x-private-1', service: 'kms', now: NOW };
const VERIFYING: SigV4Options = { now: NOW, service: 'kms', regions: new Set(['eu-x-private-1']) };
const BASE: RequestToSign = {
  method: 'POST',
  rawTarget: '/',
  rawHeaders: [
    ...['Host', 'kms.example.test:8443', 'Content-Type', 'application/x-amz-json-1.1'],
    ...['X-Amz-Target', 'TrentService.ListKeys'],
  ],
  body: Buffer.from('{"Limit": 10}'),
};
const GET: RequestToSign = {
  method: 'GET',
  rawTarget: '/?Action=GetCallerIdentity&Version=2011-06-15',
  rawHeaders: ['Host', 'sts.example.test'],
};

type Outcome = SigV4FailureCode | 'ok' | 'unsigned';

function outcome(request: SignedHttpRequest, verifying: Partial<SigV4Options> = {}, secret?: string | Buffer): Outcome {
  const parsed = parseSigV4(request);
  if (parsed === undefined) return 'unsigned';
  if (!parsed.ok) return parsed.code;
  const result = verifySigV4(parsed, request, secret ?? CREDENTIALS.secretAccessKey, { ...VERIFYING, ...verifying });
  return result.ok ? 'ok' : result.code;
}

function signed(request: RequestToSign = BASE, options: Partial<SigningOptions> = {}, token?: string) {
  const parts = signHeaders(request, { ...CREDENTIALS, sessionToken: token }, { ...SIGNING, ...options });
  return {
    method: request.method,
    rawTarget: parts.rawTarget,
    rawHeaders: [...request.rawHeaders, ...parts.addedHeaders],
    body: request.body ?? Buffer.alloc(0),
  };
}

function presigned(request: RequestToSign = GET, expiresSeconds = 300, options: Partial<SigningOptions> = {}) {
  const parts = presign(request, CREDENTIALS, { ...SIGNING, ...options, expiresSeconds });
  return {
    method: request.method,
    rawTarget: parts.rawTarget,
    rawHeaders: [...request.rawHeaders],
    body: request.body ?? Buffer.alloc(0),
  };
}

/** Replaces the value of a header; undefined removes it. */
function withHeader(request: SignedHttpRequest, name: string, change: (value: string) => string | undefined) {
  const rawHeaders: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const key = request.rawHeaders[i] as string;
    let value: string | undefined = request.rawHeaders[i + 1] as string;
    if (key.toLowerCase() === name) value = change(value);
    if (value !== undefined) rawHeaders.push(key, value);
  }
  return { ...request, rawHeaders };
}
const plus = (request: SignedHttpRequest, ...headers: string[]) => ({
  ...request,
  rawHeaders: [...request.rawHeaders, ...headers],
});
const authorization = (change: (value: string) => string | undefined) => withHeader(signed(), 'authorization', change);
const target = (request: SignedHttpRequest, change: (value: string) => string) => ({
  ...request,
  rawTarget: change(request.rawTarget),
});
const onTarget = (rawTarget: string) => signed({ ...BASE, rawTarget });
/** Signs honestly a request whose SignedHeaders leave a name out. */
function signedWithout(name: string) {
  const without = signed({
    ...BASE,
    rawHeaders: BASE.rawHeaders.filter((_, i) => BASE.rawHeaders[i - (i % 2)]?.toLowerCase() !== name),
  });
  const at = BASE.rawHeaders.findIndex((value, i) => i % 2 === 0 && value.toLowerCase() === name);
  return plus(without, BASE.rawHeaders[at] as string, BASE.rawHeaders[at + 1] as string);
}

/** Authorization for an arbitrary credential text, correctly signed for what it claims. */
function forScope(credential: string, amzDate = '20261122T120000Z') {
  const request = withHeader(signed(), 'x-amz-date', () => amzDate);
  return withHeader(request, 'authorization', (value) => {
    const from = value.indexOf('Credential=') + 11;
    return `${value.slice(0, from)}${credential}${value.slice(value.indexOf(','))}`;
  });
}

const AK = CREDENTIALS.accessKeyId;
const SCOPE = '20261122/eu-x-private-1/kms/aws4_request';

type Case = readonly [
  title: string,
  expected: Outcome,
  make: () => SignedHttpRequest,
  verifying?: Partial<SigV4Options>,
];

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
  // signed headers
  ['refuses an unsigned host', 'IncompleteSignature', () => authorization((v) => v.replace('host;', ''))],
  ['refuses an unsigned X-Amz-Target', 'IncompleteSignature', () => signedWithout('x-amz-target')],
  ['refuses an added x-amz header', 'IncompleteSignature', () => plus(signed(), 'x-amz-meta', 'x')],
  ['refuses an added x-amz header in odd case', 'IncompleteSignature', () => plus(signed(), 'X-AMZ-Meta', 'x')],
  ['refuses an added session token', 'IncompleteSignature', () => plus(signed(), 'X-Amz-Security-Token', 'stolen')],
  [
    'refuses an added x-amz-content-sha256',
    'IncompleteSignature',
    () => plus(signed(), 'x-amz-content-sha256', 'UNSIGNED-PAYLOAD'),
  ],
  [
    'refuses unsorted signed headers',
    'IncompleteSignature',
    () => authorization((v) => v.replace('content-type;host', 'host;content-type')),
  ],
  [
    'refuses a signed header named twice',
    'IncompleteSignature',
    () => authorization((v) => v.replace('host;', 'host;host;')),
  ],
  [
    'refuses an upper-case signed header',
    'IncompleteSignature',
    () => authorization((v) => v.replace('host;', 'Host;')),
  ],
  [
    'refuses an empty name among signed headers',
    'IncompleteSignature',
    () => authorization((v) => v.replace('host;', 'host;;')),
  ],
  [
    'refuses a trailing semicolon',
    'IncompleteSignature',
    () => authorization((v) => v.replace('x-amz-target,', 'x-amz-target;,')),
  ],
  [
    'refuses signed authorization',
    'IncompleteSignature',
    () => authorization((v) => v.replace('SignedHeaders=', 'SignedHeaders=authorization;')),
  ],
  [
    'refuses 65 signed headers',
    'IncompleteSignature',
    () =>
      authorization((v) =>
        v.replace(
          'SignedHeaders=',
          `SignedHeaders=${Array.from({ length: 65 }, (_, i) => `a${String(i).padStart(2, '0')}`).join(';')};`,
        ),
      ),
  ],
  [
    'refuses a signed header that is gone',
    'SignatureDoesNotMatch',
    () => withHeader(signed(), 'content-type', () => undefined),
  ],
  ['refuses a changed host', 'SignatureDoesNotMatch', () => withHeader(signed(), 'host', () => 'evil.test')],
  [
    'refuses a changed target operation',
    'SignatureDoesNotMatch',
    () => withHeader(signed(), 'x-amz-target', () => 'TrentService.Decrypt'),
  ],
  [
    'refuses a second value of a signed header',
    'SignatureDoesNotMatch',
    () => plus(signed(), 'Content-Type', 'text/xml'),
  ],
  [
    'refuses another order of repeated headers',
    'SignatureDoesNotMatch',
    () => {
      const request = signed({ ...BASE, rawHeaders: [...BASE.rawHeaders, 'X-List', 'a', 'X-List', 'b'] });
      let n = 0;
      return withHeader(request, 'x-list', () => (n++ === 0 ? 'b' : 'a'));
    },
  ],
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

describe('SigV4 attacks', () => {
  it('lists at least 80 attacks', () => {
    expect(CASES.filter(([, expected]) => expected !== 'ok').length).toBeGreaterThanOrEqual(80);
  });

  for (const [title, expected, make, verifying] of CASES) {
    it(title, () => {
      expect(outcome(make(), verifying)).toBe(expected);
    });
  }

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
