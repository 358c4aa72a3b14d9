/**
 * An ACME client (RFC 8555, RFC 9773) for one account at one CA. Knows the protocol and nothing of our orders. Everything
 * that the CA says is checked for its form; a nonce that the CA did not like is replaced (6.5).
 */
import { z } from 'zod';
import { OutsideFailure } from '../../../domain/outside/failure.ts';
import { outsideUrl, type Received, type Send } from './https.ts';
import { type AccountSigner, externalAccountBinding, signedMessage } from './messages.ts';

const MOST_NONCES = 8;
const JSON_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/problem+json']);

const Url = z.string().max(2048);
const Problem = z.object({
  type: z.string().max(256).optional(),
  detail: z.string().optional(),
  status: z.int().optional(),
});
const Directory = z.object({
  newNonce: Url,
  newAccount: Url,
  newOrder: Url,
  revokeCert: Url,
  renewalInfo: Url.optional(),
});
const Identifier = z.object({ type: z.string().max(32), value: z.string().max(300) });
const Order = z.object({
  status: z.enum(['pending', 'ready', 'processing', 'valid', 'invalid']),
  identifiers: z.array(Identifier).max(100),
  authorizations: z.array(Url).max(100),
  finalize: Url,
  certificate: Url.optional(),
  error: Problem.optional(),
});
const Challenge = z.object({
  type: z.string().max(64),
  url: Url,
  status: z.enum(['pending', 'processing', 'valid', 'invalid']),
  token: z
    .string()
    .regex(/^[A-Za-z0-9_-]{22,256}$/)
    .optional(),
  error: Problem.optional(),
});
const Authorization = z.object({
  identifier: Identifier,
  status: z.enum(['pending', 'valid', 'invalid', 'deactivated', 'expired', 'revoked']),
  challenges: z.array(Challenge).max(32),
});
const RenewalInfo = z.object({
  suggestedWindow: z.object({ start: z.iso.datetime({ offset: true }), end: z.iso.datetime({ offset: true }) }),
});

type Read<T> = T & { retryAfterMs: number | undefined };
export type OutsideOrderDocument = z.output<typeof Order>;
export type AuthorizationDocument = z.output<typeof Authorization>;

export interface Account {
  contacts: readonly string[];
  termsAgreed: boolean;
  binding?: { keyId: string; secret: Buffer } | undefined;
}

export class AcmeClient {
  private readonly send: Send;
  private readonly options: {
    directoryUrl: string;
    trust: string | undefined;
    signer: AccountSigner;
    accountUrl: string | undefined;
  };
  private known: z.output<typeof Directory> | undefined;
  private nonce: string | undefined;

  constructor(send: Send, options: AcmeClient['options']) {
    this.send = send;
    this.options = { ...options };
  }

  /** Where the account is; the same one when the key has one. */
  async register({ contacts, termsAgreed, binding }: Account): Promise<string> {
    const { newAccount } = await this.directory();
    const { signer } = this.options;
    const payload = {
      contact: contacts,
      termsOfServiceAgreed: termsAgreed,
      ...(binding && { externalAccountBinding: externalAccountBinding(signer, newAccount, binding) }),
    };
    const { location } = await this.post(newAccount, payload, { byKey: true });
    this.options.accountUrl = this.located(location);
    return this.options.accountUrl;
  }

  async updateContacts(accountUrl: string, contacts: readonly string[]): Promise<void> {
    await this.post(accountUrl, { contact: contacts });
  }

  /** @param replaces the certificate that this one follows (RFC 9773 5) */
  async newOrder(names: readonly string[], replaces?: string): Promise<{ url: string; order: OutsideOrderDocument }> {
    const { newOrder, renewalInfo } = await this.directory();
    const identifiers = names.map((value) => ({ type: 'dns', value }));
    const told = replaces !== undefined && renewalInfo !== undefined ? { replaces } : {};
    const answer = await this.post(newOrder, { identifiers, ...told });
    return { url: this.located(answer.location), order: parsed(Order, answer) };
  }

  async order(url: string): Promise<Read<OutsideOrderDocument>> {
    return this.get(url, Order);
  }

  async authorization(url: string): Promise<Read<AuthorizationDocument>> {
    return this.get(url, Authorization);
  }

  /** Has the CA look for the answer. */
  async answer(challengeUrl: string): Promise<void> {
    await this.post(challengeUrl, {});
  }

  async finalize(url: string, csr: Buffer): Promise<void> {
    await this.post(url, { csr: csr.toString('base64url') });
  }

  /** PEM: the certificate and the chain above it. */
  async certificate(url: string): Promise<string> {
    const { body } = await this.post(url, undefined, { accept: 'application/pem-certificate-chain' });
    return body.toString('latin1');
  }

  /** Also when it was revoked before. */
  async revoke(certificate: Buffer, reason: number): Promise<void> {
    const { revokeCert } = await this.directory();
    try {
      await this.post(revokeCert, { certificate: certificate.toString('base64url'), reason });
    } catch (error) {
      if (!(error instanceof OutsideFailure) || error.facts.type !== 'alreadyRevoked') throw error;
    }
  }

  /** Undefined: the CA does not say when to renew. */
  async renewalInfo(
    certificateId: string,
  ): Promise<{ start: number; end: number; retryAfterMs: number | undefined } | undefined> {
    const { renewalInfo } = await this.directory();
    if (renewalInfo === undefined) return undefined;
    const url = `${renewalInfo.replace(/\/$/, '')}/${certificateId}`;
    const answer = await this.send(url, { method: 'GET', accept: 'application/json' }, this.options.trust);
    if (answer.status !== 200) throw refusal(answer);
    const { suggestedWindow } = parsed(RenewalInfo, answer);
    const [start, end] = [Date.parse(suggestedWindow.start), Date.parse(suggestedWindow.end)];
    if (!(start <= end))
      throw new OutsideFailure('malformed', 'the CA named a window of renewal that ends before it begins');
    return { start, end, retryAfterMs: answer.retryAfterMs };
  }

  private async directory(): Promise<z.output<typeof Directory>> {
    if (this.known) return this.known;
    const { directoryUrl, trust } = this.options;
    const answer = await this.send(directoryUrl, { method: 'GET', accept: 'application/json' }, trust);
    if (answer.status !== 200) throw refusal(answer);
    this.known = parsed(Directory, answer);
    return this.known;
  }

  private async get<T extends object>(url: string, shape: z.ZodType<T>): Promise<Read<T>> {
    const answer = await this.post(url, undefined);
    return { ...parsed(shape, answer), retryAfterMs: answer.retryAfterMs };
  }

  private async post(
    url: string,
    payload: unknown,
    { byKey = false, accept = 'application/json' }: { byKey?: boolean; accept?: string } = {},
  ): Promise<Received> {
    const { signer, trust, accountUrl } = this.options;
    for (let attempt = 1; ; attempt++) {
      const nonce = await this.takeNonce();
      const body = await signedMessage(signer, { url, nonce, kid: byKey ? undefined : accountUrl }, payload);
      const answer = await this.send(url, { method: 'POST', body, accept }, trust);
      this.nonce = answer.nonce;
      if (answer.status >= 200 && answer.status < 300) return answer;
      const refused = refusal(answer);
      if (refused.facts.type !== 'badNonce' || attempt >= MOST_NONCES) throw refused;
    }
  }

  private async takeNonce(): Promise<string> {
    let nonce = this.nonce;
    this.nonce = undefined;
    if (nonce === undefined) {
      const { newNonce } = await this.directory();
      const answer = await this.send(newNonce, { method: 'HEAD' }, this.options.trust);
      nonce = answer.nonce;
      if (answer.status >= 400) throw refusal(answer);
    }
    if (nonce === undefined) throw new OutsideFailure('malformed', 'the CA gave no nonce');
    return nonce;
  }

  private located(location: string | undefined): string {
    if (location === undefined || !URL.canParse(location, this.options.directoryUrl))
      throw new OutsideFailure('malformed', 'the CA did not say where it put what it made');
    return outsideUrl(new URL(location, this.options.directoryUrl).href).href;
  }
}

function parsed<T>(shape: z.ZodType<T>, { body, mediaType }: Received): T {
  const read = JSON_TYPES.has(mediaType) ? shape.safeParse(json(body)) : undefined;
  if (!read?.success) throw new OutsideFailure('malformed', 'the CA answered something that is not of ACME');
  return read.data;
}

function json(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

const PROBLEM = 'urn:ietf:params:acme:error:';

function refusal(answer: Received): OutsideFailure {
  const { status, retryAfterMs, mediaType, body } = answer;
  const read = JSON_TYPES.has(mediaType) ? Problem.safeParse(json(body)) : undefined;
  const facts = { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (read?.success && read.data.type !== undefined) return problemFailure(read.data, facts);
  if (status >= 500 || status === 429)
    return new OutsideFailure('unreachable', `the CA answered with status ${status}`, facts);
  return new OutsideFailure('problem', `the CA answered with status ${status}`, facts);
}

/** What the CA says against something, as it says it. */
export function problemFailure(
  { type = '', detail = '' }: z.output<typeof Problem>,
  facts: { status?: number; retryAfterMs?: number } = {},
): OutsideFailure {
  const short = type.startsWith(PROBLEM) ? type.slice(PROBLEM.length) : type;
  const said = `${short}: ${detail}`.replaceAll(/[^\x20-\x7e]+/g, ' ');
  return new OutsideFailure('problem', `the CA says ${said}`, { ...facts, type: short });
}
