/** Requests signed as clients sign them, ways to change them afterwards, and the table in which attacks are written. */
import { expect, it } from 'vitest';
import { parseSigV4 } from '../parse.ts';
import { presign, type RequestToSign, type SigningOptions, signHeaders } from '../sign.ts';
import type { SignedHttpRequest, SigV4FailureCode } from '../types.ts';
import { type SigV4Options, verifySigV4 } from '../verify.ts';

export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
export const MINUTE = 60_000;
export const CREDENTIALS = {
  accessKeyId: 'AKIAEXAMPLEEXAMPLE00',
  secretAccessKey: 'secret-of-the-example-key-0123456789',
};
export const SIGNING: SigningOptions = { region: 'eu-x-private-1', service: 'kms', now: NOW };
export const VERIFYING: SigV4Options = { now: NOW, service: 'kms', regions: new Set(['eu-x-private-1']) };
export const BASE: RequestToSign = {
  method: 'POST',
  rawTarget: '/',
  rawHeaders: [
    ...['Host', 'kms.example.test:8443', 'Content-Type', 'application/x-amz-json-1.1'],
    ...['X-Amz-Target', 'TrentService.ListKeys'],
  ],
  body: Buffer.from('{"Limit": 10}'),
};
export const GET: RequestToSign = {
  method: 'GET',
  rawTarget: '/?Action=GetCallerIdentity&Version=2011-06-15',
  rawHeaders: ['Host', 'sts.example.test'],
};

export type Outcome = SigV4FailureCode | 'ok' | 'unsigned';

export function outcome(
  request: SignedHttpRequest,
  verifying: Partial<SigV4Options> = {},
  secret?: string | Buffer,
): Outcome {
  const parsed = parseSigV4(request);
  if (parsed === undefined) return 'unsigned';
  if (!parsed.ok) return parsed.code;
  const result = verifySigV4(parsed, request, secret ?? CREDENTIALS.secretAccessKey, { ...VERIFYING, ...verifying });
  return result.ok ? 'ok' : result.code;
}

export function signed(request: RequestToSign = BASE, options: Partial<SigningOptions> = {}, token?: string) {
  const parts = signHeaders(request, { ...CREDENTIALS, sessionToken: token }, { ...SIGNING, ...options });
  return {
    method: request.method,
    rawTarget: parts.rawTarget,
    rawHeaders: [...request.rawHeaders, ...parts.addedHeaders],
    body: request.body ?? Buffer.alloc(0),
  };
}

export function presigned(request: RequestToSign = GET, expiresSeconds = 300, options: Partial<SigningOptions> = {}) {
  const parts = presign(request, CREDENTIALS, { ...SIGNING, ...options, expiresSeconds });
  return {
    method: request.method,
    rawTarget: parts.rawTarget,
    rawHeaders: [...request.rawHeaders],
    body: request.body ?? Buffer.alloc(0),
  };
}

/** Replaces the value of a header; undefined removes it. */
export function withHeader(request: SignedHttpRequest, name: string, change: (value: string) => string | undefined) {
  const rawHeaders: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const key = request.rawHeaders[i] as string;
    let value: string | undefined = request.rawHeaders[i + 1] as string;
    if (key.toLowerCase() === name) value = change(value);
    if (value !== undefined) rawHeaders.push(key, value);
  }
  return { ...request, rawHeaders };
}
export const plus = (request: SignedHttpRequest, ...headers: string[]) => ({
  ...request,
  rawHeaders: [...request.rawHeaders, ...headers],
});
export const authorization = (change: (value: string) => string | undefined) =>
  withHeader(signed(), 'authorization', change);
export const target = (request: SignedHttpRequest, change: (value: string) => string) => ({
  ...request,
  rawTarget: change(request.rawTarget),
});
export const onTarget = (rawTarget: string) => signed({ ...BASE, rawTarget });
/** Signs honestly a request whose SignedHeaders leave a name out. */
export function signedWithout(name: string) {
  const without = signed({
    ...BASE,
    rawHeaders: BASE.rawHeaders.filter((_, i) => BASE.rawHeaders[i - (i % 2)]?.toLowerCase() !== name),
  });
  const at = BASE.rawHeaders.findIndex((value, i) => i % 2 === 0 && value.toLowerCase() === name);
  return plus(without, BASE.rawHeaders[at] as string, BASE.rawHeaders[at + 1] as string);
}

/** Authorization for an arbitrary credential text, correctly signed for what it claims. */
export function forScope(credential: string, amzDate = '20261122T120000Z') {
  const request = withHeader(signed(), 'x-amz-date', () => amzDate);
  return withHeader(request, 'authorization', (value) => {
    const from = value.indexOf('Credential=') + 11;
    return `${value.slice(0, from)}${credential}${value.slice(value.indexOf(','))}`;
  });
}

export const AK = CREDENTIALS.accessKeyId;
export const SCOPE = '20261122/eu-x-private-1/kms/aws4_request';

export type Case = readonly [
  title: string,
  expected: Outcome,
  make: () => SignedHttpRequest,
  verifying?: Partial<SigV4Options>,
];

/** A test per case; `atLeast` so many of them must be refusals. */
export function attack(cases: readonly Case[], atLeast: number): void {
  it(`is attacked in at least ${atLeast} ways`, () => {
    expect(cases.filter(([, expected]) => expected !== 'ok').length).toBeGreaterThanOrEqual(atLeast);
  });
  for (const [title, expected, make, verifying] of cases) {
    it(title, () => {
      expect(outcome(make(), verifying)).toBe(expected);
    });
  }
}
