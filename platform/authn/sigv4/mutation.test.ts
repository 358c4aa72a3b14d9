import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSigV4 } from './parse.ts';
import { presign, type RequestToSign, type SigningOptions, signHeaders } from './sign.ts';
import type { SignedHttpRequest } from './types.ts';
import { verifySigV4 } from './verify.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const CREDENTIALS = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'secret-of-the-example-key-0123456789' };
const SIGNING: SigningOptions = { region: 'eu-x-private-1', service: 'kms', now: NOW };

const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.~'), minLength: 1, maxLength: 12 });
const encoded = fc
  .string({ unit: fc.constantFrom(...'aZ9 +/%&=~*\u00e9\u1234'), minLength: 1, maxLength: 8 })
  .map(encodeURIComponent);
const headerName = word.map(
  (w) => `t-${w.toLowerCase().replaceAll('~', 'a').replaceAll('.', 'b').replaceAll('_', 'c')}`,
);
const headerValue = fc.string({ unit: fc.constantFrom(...'abc XYZ019;=,/"\u00e9'), maxLength: 30 });

const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH'),
  path: fc.array(
    fc.oneof(
      word.filter((w) => w !== '.' && w !== '..'),
      encoded,
    ),
    { maxLength: 4 },
  ),
  query: fc.array(fc.tuple(encoded, encoded), { maxLength: 4 }),
  headers: fc.array(fc.tuple(headerName, headerValue), { maxLength: 5 }),
  body: fc.uint8Array({ maxLength: 200 }),
  signBody: fc.boolean(),
  form: fc.constantFrom('header' as const, 'query' as const),
});

function build(r: typeof requests extends fc.Arbitrary<infer T> ? T : never): SignedHttpRequest {
  const query = r.query.map(([name, value]) => `${name}=${value}`).join('&');
  const request: RequestToSign = {
    method: r.method,
    rawTarget: `/${r.path.join('/')}${query === '' ? '' : `?${query}`}`,
    rawHeaders: ['Host', 'kms.example.test', ...r.headers.flat()],
    body: Buffer.from(r.body),
  };
  const parts =
    r.form === 'header'
      ? signHeaders(request, CREDENTIALS, { ...SIGNING, signBody: r.signBody })
      : presign(request, CREDENTIALS, { ...SIGNING, expiresSeconds: 300 });
  return {
    method: r.method,
    rawTarget: parts.rawTarget,
    rawHeaders: [...request.rawHeaders, ...parts.addedHeaders],
    body: Buffer.from(r.body),
  };
}

function accepted(request: SignedHttpRequest): boolean {
  const parsed = parseSigV4(request);
  if (!parsed?.ok) return false;
  // The access key id is not in the string to sign: it only selects the secret.
  const secret = parsed.accessKeyId === CREDENTIALS.accessKeyId ? CREDENTIALS.secretAccessKey : undefined;
  return verifySigV4(parsed, request, secret, {
    now: NOW,
    service: 'kms',
    regions: new Set(['eu-x-private-1']),
  }).ok;
}

/** What a form reader makes of a query, to tell a changed meaning from another spelling of the same one. */
function meaning(rawTarget: string): string {
  const at = rawTarget.indexOf('?');
  const pairs = at < 0 ? [] : [...new URLSearchParams(rawTarget.slice(at + 1))];
  return JSON.stringify([rawTarget.slice(0, at < 0 ? undefined : at), pairs.map((p) => JSON.stringify(p)).sort()]);
}

const otherByte = (code: number, n: number) => (code + 1 + (n % 93)) % 128 || 1;
const squeeze = (value: string) => value.replace(/[ \t\r\n]+/g, ' ').trim();

describe('SigV4 over generated requests', () => {
  it('accepts what was signed', () => {
    fc.assert(
      fc.property(requests, (r) => accepted(build(r))),
      { numRuns: 1000 },
    );
  });

  it('refuses any changed byte of method, target, headers or body', () => {
    const place = fc.constantFrom('method', 'target', 'headerName', 'headerValue', 'body', 'bodyLength');
    fc.assert(
      fc.property(requests, place, fc.nat(), fc.nat(), (r, where, position, n) => {
        const request = build(r);
        const mutated = mutate(request, where, position, n);
        if (mutated === undefined) return;
        expect(accepted(mutated)).toBe(false);
      }),
      { numRuns: 3000 },
    );
  });

  it('never throws, whatever the bytes', () => {
    const header = fc.tuple(
      fc.oneof(fc.constantFrom('Authorization', 'host', 'X-Amz-Date', 'date', 'x-amz-content-sha256'), fc.string()),
      fc.oneof(fc.string({ unit: 'binary' }), fc.constant('AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request')),
    );
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: 'binary' }), fc.array(header), (method, target, headers) => {
        accepted({ method, rawTarget: `/${target}`, rawHeaders: headers.flat(), body: Buffer.alloc(0) });
        accepted({ ...build(FIXED), rawTarget: `/?X-Amz-Algorithm=AWS4-HMAC-SHA256&${target}` });
      }),
      { numRuns: 2000 },
    );
  });
});

const FIXED = {
  method: 'GET' as const,
  path: [],
  query: [],
  headers: [],
  body: new Uint8Array(),
  signBody: false,
  form: 'header' as const,
};

function mutate(request: SignedHttpRequest, where: string, position: number, n: number): SignedHttpRequest | undefined {
  if (where === 'method') return { ...request, method: changeText(request.method, position, n) };
  if (where === 'body') {
    if (request.body.length === 0) return undefined;
    const body = Buffer.from(request.body);
    const at = position % body.length;
    body[at] = ((body[at] as number) + 1 + (n % 255)) % 256;
    return { ...request, body };
  }
  if (where === 'bodyLength') return { ...request, body: Buffer.concat([request.body, Buffer.from([n % 256])]) };
  if (where === 'target') {
    const rawTarget = changeText(request.rawTarget, position, n);
    return meaning(rawTarget) === meaning(request.rawTarget) ? undefined : { ...request, rawTarget };
  }
  const rawHeaders = [...request.rawHeaders];
  const pair = 2 * (position % (rawHeaders.length / 2));
  if (where === 'headerName') {
    rawHeaders[pair] = changeText(rawHeaders[pair] as string, n, n);
    if (rawHeaders[pair].toLowerCase() === (request.rawHeaders[pair] as string).toLowerCase()) return undefined;
    return { ...request, rawHeaders };
  }
  const value = rawHeaders[pair + 1] as string;
  if (value === '') return undefined;
  rawHeaders[pair + 1] = changeText(value, n, position);
  // Runs of blanks are one blank to the signature, and blanks around a part of Authorization carry no meaning.
  if (squeeze(rawHeaders[pair + 1] as string) === squeeze(value)) return undefined;
  return { ...request, rawHeaders };
}

function changeText(text: string, position: number, n: number): string {
  const at = position % text.length;
  return text.slice(0, at) + String.fromCharCode(otherByte(text.charCodeAt(at), n)) + text.slice(at + 1);
}
