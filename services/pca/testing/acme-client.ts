/** An ACME client for tests: says what it is told to say, so also what no honest client says. */
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { OutputOf } from '../../../platform/contract/operation.ts';
import type { AnswerAcmeRequest } from '../api/acme/protocol.ts';
import type { PcaClient } from './harness.ts';

export const BASE = 'https://acme.example.com';
export type AcmeCarrier = Pick<PcaClient, 'AnswerAcmeRequest'>;

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  json: any;
  /** Of a problem document, without its prefix. */
  problem: string | undefined;
}

export interface Spoken {
  key?: KeyObject;
  /** Default: the account; `null`: the key itself. */
  kid?: string | null;
  url?: string;
  nonce?: string;
  contentType?: string;
  /** Instead of what would be sent. */
  body?: Buffer;
  header?: Record<string, unknown>;
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class AcmeClient {
  key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  account: string | undefined;
  readonly pca: AcmeCarrier;
  readonly directory: string;
  readonly base: string;

  constructor(pca: AcmeCarrier, path: string, base = BASE) {
    this.pca = pca;
    this.base = base;
    this.directory = path.replace(/\/directory$/, '');
  }

  url(...path: string[]): string {
    return [`${this.base}${this.directory}`, ...path].join('/');
  }

  async send(
    Method: 'GET' | 'HEAD' | 'POST',
    url: string,
    Body: Buffer = Buffer.alloc(0),
    ContentType = '',
  ): Promise<Answer> {
    const Target = url.slice(this.base.length);
    const input = { Method, Base: this.base, Target, ContentType, Body };
    const answer = await this.pca.AnswerAcmeRequest(input);
    return readAnswer(answer);
  }

  async freshNonce(): Promise<string> {
    const { headers } = await this.send('HEAD', this.url('new-nonce'));
    return headers['replay-nonce'] as string;
  }

  async post(url: string, payload: unknown, spoken: Spoken = {}): Promise<Answer> {
    const nonce = spoken.nonce ?? (await this.freshNonce());
    const body = spoken.body ?? Buffer.from(JSON.stringify(this.jws(url, payload, { ...spoken, nonce })));
    return this.send('POST', url, body, spoken.contentType ?? 'application/jose+json');
  }

  /** POST-as-GET. */
  get(url: string, spoken: Spoken = {}): Promise<Answer> {
    return this.post(url, undefined, spoken);
  }

  jws(url: string, payload: unknown, spoken: Spoken): Record<string, string> {
    const key = spoken.key ?? this.key;
    const kid = spoken.kid === undefined ? this.account : (spoken.kid ?? undefined);
    const who = kid === undefined ? { jwk: publicJwk(key) } : { kid };
    const head = encoded({ alg: 'ES256', nonce: spoken.nonce, url: spoken.url ?? url, ...who, ...spoken.header });
    const text = payload === undefined ? '' : encoded(payload);
    const signature = sign('sha256', Buffer.from(`${head}.${text}`), { key, dsaEncoding: 'ieee-p1363' });
    return { protected: head, payload: text, signature: signature.toString('base64url') };
  }

  binding(keyId: string, mac: string, more: { url?: string; key?: KeyObject } = {}) {
    const head = encoded({ alg: 'HS256', kid: keyId, url: more.url ?? this.url('new-account') });
    const payload = encoded(publicJwk(more.key ?? this.key));
    const signature = createHmac('sha256', Buffer.from(mac, 'base64url'))
      .update(`${head}.${payload}`)
      .digest('base64url');
    return { protected: head, payload, signature };
  }

  async register(key?: { Key: { ExternalAccountKeyId: string }; MacKey: string }): Promise<Answer> {
    const externalAccountBinding = key && this.binding(key.Key.ExternalAccountKeyId, key.MacKey);
    const payload = { contact: ['mailto:a@example.com'], ...(key && { externalAccountBinding }) };
    const answer = await this.post(this.url('new-account'), payload, { kid: null });
    if (answer.status === 201) this.account = answer.headers.location;
    return answer;
  }

  order(...names: string[]): Promise<Answer> {
    const identifiers = names.map((value) => ({ type: 'dns', value }));
    return this.post(this.url('new-order'), { identifiers });
  }

  async keyAuthorization(token: string): Promise<string> {
    return `${token}.${await calculateJwkThumbprint(publicJwk(this.key))}`;
  }
}

export function publicJwk(key: KeyObject): JWK {
  const { kty, crv, x, y } = key.export({ format: 'jwk' }) as JWK & { kty: string };
  return { kty, crv, x, y } as JWK;
}

function readAnswer({ Status, Headers, Body }: OutputOf<typeof AnswerAcmeRequest>): Answer {
  const headers = Object.fromEntries(Headers.map(({ Name, Value }) => [Name, Value]));
  const text = Body.toString();
  const json = headers['content-type']?.includes('json') ? JSON.parse(text) : undefined;
  const isProblem = headers['content-type'] === 'application/problem+json';
  const problem = isProblem ? (json.type as string).replace('urn:ietf:params:acme:error:', '') : undefined;
  return { status: Status, headers, text, json, problem };
}
