import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSigV4 } from './parse.ts';
import { presign, type SigningCredentials, type SigningOptions, signHeaders } from './sign.ts';
import type { SignedHttpRequest } from './types.ts';
import { type SigV4Options, verifySigV4 } from './verify.ts';

const FOLDER = resolve(import.meta.dirname, '../../../../shared/vectors/sigv4');
const present = existsSync(FOLDER);
const cases = present
  ? readdirSync(FOLDER, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  : [];

interface Context {
  credentials: { access_key_id: string; secret_access_key: string; token?: string };
  expiration_in_seconds: number;
  normalize: boolean;
  region: string;
  service: string;
  sign_body: boolean;
  timestamp: string;
  omit_session_token?: boolean;
}

function load(name: string) {
  const read = (file: string) => readFileSync(join(FOLDER, name, file), 'latin1');
  const context = JSON.parse(read('context.json')) as Context;
  const credentials: SigningCredentials = {
    accessKeyId: context.credentials.access_key_id,
    secretAccessKey: context.credentials.secret_access_key,
    sessionToken: context.credentials.token,
  };
  const signing: SigningOptions = {
    region: context.region,
    service: context.service,
    now: Date.parse(context.timestamp),
    signBody: context.sign_body,
    normalizePath: context.normalize,
    omitSessionToken: context.omit_session_token === true,
  };
  const verifying: SigV4Options = {
    now: Date.parse(context.timestamp),
    service: context.service,
    regions: new Set([context.region]),
    normalizePath: context.normalize,
    allowUnsignedSessionToken: context.omit_session_token === true,
    debug: true,
  };
  return { read, context, credentials, signing, verifying };
}

/** Requests of the suite are text, with folded headers and blanks in the target, which no HTTP parser lets through. */
function parseRequest(text: string): SignedHttpRequest {
  const headEnd = text.indexOf('\n\n');
  const head = headEnd < 0 ? text : text.slice(0, headEnd);
  const [requestLine, ...lines] = head.replace(/\n$/, '').split('\n') as [string, ...string[]];
  const rawHeaders: string[] = [];
  for (const line of lines) {
    if (line.startsWith(' ')) rawHeaders[rawHeaders.length - 1] += `\n${line}`;
    else rawHeaders.push(line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1));
  }
  return {
    method: requestLine.slice(0, requestLine.indexOf(' ')),
    rawTarget: requestLine.slice(requestLine.indexOf(' ') + 1, requestLine.lastIndexOf(' ')),
    rawHeaders,
    body: Buffer.from(headEnd < 0 ? '' : text.slice(headEnd + 2), 'latin1'),
  };
}

describe.skipIf(!present)('SigV4 test suite (skipped when ../shared/vectors/sigv4 is absent)', () => {
  it('has all 38 cases', () => {
    expect(cases.length).toBe(38);
  });

  describe.each(cases)('%s', (name) => {
    const { read, context, credentials, signing, verifying } = load(name);
    const verify = (request: SignedHttpRequest) => {
      const parsed = parseSigV4(request, {
        accessKeyIdMinLength: 1,
        allowUnsignedSessionToken: context.omit_session_token === true,
      });
      if (!parsed?.ok) return parsed;
      return verifySigV4(parsed, request, credentials.secretAccessKey, verifying);
    };

    it('verifies in the header form', () => {
      expect(verify(parseRequest(read('header-signed-request.txt')))).toMatchObject({ ok: true });
    });

    it('verifies in the query form', () => {
      expect(verify(parseRequest(read('query-signed-request.txt')))).toMatchObject({ ok: true });
    });

    it('signs in the header form', () => {
      const signed = signHeaders(parseRequest(read('request.txt')), credentials, signing);
      expect(signed.canonicalRequest).toBe(read('header-canonical-request.txt'));
      expect(signed.stringToSign).toBe(read('header-string-to-sign.txt'));
      expect(signed.signature).toBe(read('header-signature.txt'));
      const added = new Map<string, string>();
      for (let i = 0; i < signed.addedHeaders.length; i += 2) {
        added.set((signed.addedHeaders[i] as string).toLowerCase(), signed.addedHeaders[i + 1] as string);
      }
      const expected = parseRequest(read('header-signed-request.txt')).rawHeaders;
      const at = expected.findIndex((value, i) => i % 2 === 0 && value === 'Authorization');
      expect(added.get('authorization')).toBe(expected[at + 1]);
    });

    it('signs in the query form', () => {
      const request = parseRequest(read('request.txt'));
      const signed = presign(request, credentials, { ...signing, expiresSeconds: context.expiration_in_seconds });
      expect(signed.canonicalRequest).toBe(read('query-canonical-request.txt'));
      expect(signed.stringToSign).toBe(read('query-string-to-sign.txt'));
      expect(signed.signature).toBe(read('query-signature.txt'));
      const expected = parseRequest(read('query-signed-request.txt')).rawTarget;
      const parametersOf = (target: string) =>
        target
          .slice(target.indexOf('?') + 1)
          .split('&')
          .sort();
      expect(parametersOf(signed.rawTarget)).toEqual(parametersOf(expected));
    });
  });
});
