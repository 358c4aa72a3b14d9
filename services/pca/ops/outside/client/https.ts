/**
 * Requests to CAs outside, over HTTPS only. SECURITY: whoever names a directory has us connect somewhere: a name is looked
 * up once, every address of it has to be one that the installation allows, and the connection goes to the address that was
 * looked at. No redirect is followed, nothing is read beyond a limit of size and of time.
 */
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import { pinnedAddress } from '../../../../../platform/net/pinned-address.ts';
import { OutsideFailure } from '../../../domain/outside/failure.ts';

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 524_288;
const MOST_RETRY_AFTER_MS = 7 * 86_400_000;

export interface Sent {
  method: 'GET' | 'HEAD' | 'POST';
  /** JOSE, as text. */
  body?: string;
  accept?: string;
}

export interface Received {
  status: number;
  mediaType: string;
  location: string | undefined;
  nonce: string | undefined;
  retryAfterMs: number | undefined;
  body: Buffer;
}

interface Answered {
  incoming: IncomingMessage;
  body: Buffer;
}

/** @param trust PEM of the authorities that its TLS certificate may come from; absent: those of the system */
export type Send = (url: string, sent: Sent, trust: string | undefined) => Promise<Received>;

/** @param networks CIDR; empty: every ordinary address. */
export function outsideHttps(networks: readonly string[], now: () => number): Send {
  const allowed = new AllowedNetworks(networks);
  return async (url, sent, trust) => {
    const target = outsideUrl(url);
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const answer = await exchange(target, host, await addressOf(host, allowed), sent, trust);
    return received(answer, now());
  };
}

/** Throws for what is no https URL. */
export function outsideUrl(text: string): URL {
  const url = text.length <= 2048 && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '')
    throw new OutsideFailure('malformed', 'the CA named an address that is no https URL');
  return url;
}

async function addressOf(host: string, allowed: AllowedNetworks): Promise<string> {
  const pinned = await pinnedAddress(allowed, host);
  if ('address' in pinned) return pinned.address;
  if (pinned.failed === 'unknown') throw new OutsideFailure('unreachable', `${host} has no address`);
  throw new OutsideFailure('address-refused', `${host} is not where this installation connects to`);
}

/** What node:tls says of a certificate that it does not accept. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/;

function exchange(url: URL, host: string, address: string, sent: Sent, trust: string | undefined): Promise<Answered> {
  const { method, body, accept } = sent;
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({
      host: address,
      port: url.port === '' ? 443 : Number(url.port),
      path: url.pathname + url.search,
      method,
      // Of an address, Node compares the certificate with `host`, which it is.
      ...(isIP(host) === 0 && { servername: host }),
      ...(trust !== undefined && { ca: trust }),
      minVersion: 'TLSv1.2',
      headers: {
        host: url.host,
        'user-agent': 'parapet-pca',
        ...(accept !== undefined && { accept }),
        ...(body !== undefined && {
          'content-type': 'application/jose+json',
          'content-length': String(Buffer.byteLength(body)),
        }),
        connection: 'close',
      },
      agent: false,
      maxHeaderSize: 32_768,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isUntrusted = UNTRUSTED.test(error.code ?? '');
      reject(
        isUntrusted
          ? new OutsideFailure('untrusted', `the TLS certificate of ${url.host} is not trusted: ${error.code}`)
          : new OutsideFailure('unreachable', `${url.host} could not be asked`),
      );
    });
    outgoing.on('response', (incoming: IncomingMessage) => {
      read(incoming).then(
        (body) => resolve({ incoming, body }),
        () => reject(new OutsideFailure('unreachable', `${url.host} answered too much, or not to the end`)),
      );
    });
    outgoing.end(body);
  });
}

async function read(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MAX_BYTES) throw new RangeError('too long');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function received({ incoming: { statusCode, headers }, body }: Answered, now: number): Received {
  const nonce = headers['replay-nonce'];
  return {
    status: statusCode ?? 0,
    mediaType: (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    location: headers.location,
    nonce: typeof nonce === 'string' && /^[A-Za-z0-9_-]{1,256}$/.test(nonce) ? nonce : undefined,
    retryAfterMs: retryAfter(headers['retry-after'], now),
    body,
  };
}

/** Seconds or a date (RFC 9110 10.2.3), bounded. */
function retryAfter(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MOST_RETRY_AFTER_MS) : undefined;
}
