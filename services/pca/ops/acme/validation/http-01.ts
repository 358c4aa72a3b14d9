/** A file at a place of the name's web server (RFC 8555 8.3). */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { AcmeProblem } from '../../../domain/acme/problem.ts';
import type { Names } from './addresses.ts';

export interface Ports {
  /** Where port 80 is. */
  http: number;
  /** Where port 443 is. */
  tls: number;
}

const MAX_REDIRECTS = 10;
const MAX_BYTES = 512;
const MAX_TEXT = 128;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface Looking {
  names: Names;
  networks: readonly string[];
  ports: Ports;
  /** Ends everything. */
  signal: AbortSignal;
}

export async function checkHttp(looking: Looking, host: string, token: string, expected: string): Promise<void> {
  let url = new URL(`http://${isIP(host) === 6 ? `[${host}]` : host}/.well-known/acme-challenge/${token}`);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const { status, location, text } = await get(looking, url);
    if (REDIRECTS.has(status)) {
      url = redirected(url, location);
      continue;
    }
    if (status !== 200) throw new AcmeProblem('unauthorized', `${url.host} answered with status ${status}`);
    if (text.length > MAX_TEXT || text !== expected)
      throw new AcmeProblem('incorrectResponse', `${url.host} answered something else than the key authorization`);
    return;
  }
  throw new AcmeProblem('connection', `${host} redirected more than ${MAX_REDIRECTS} times`);
}

/** SECURITY: only to the ports of the web, never with credentials; where it leads is looked at like the first one. */
function redirected(from: URL, location: string | undefined): URL {
  const refuse = () => new AcmeProblem('connection', `${from.host} redirected to something that is not followed`);
  if (location === undefined || location.length > 2048 || !URL.canParse(location, from.href)) throw refuse();
  const url = new URL(location, from);
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  if (!isWeb || !['', '80', '443'].includes(url.port) || url.username !== '' || url.password !== '') throw refuse();
  return url;
}

interface Got {
  status: number;
  location: string | undefined;
  text: string;
}

async function get({ names, networks, ports, signal }: Looking, url: URL): Promise<Got> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const address = await names.addressOf(host, networks);
  const isTls = url.protocol === 'https:';
  const standard = url.port === '' ? (isTls ? 443 : 80) : Number(url.port);
  const options = {
    host: address,
    port: standard === 443 ? ports.tls : ports.http,
    path: url.pathname + url.search,
    method: 'GET',
    headers: { host: url.host, 'user-agent': 'parapet-acme', accept: '*/*', connection: 'close' },
    agent: false,
    maxHeaderSize: 16_384,
    signal,
  };
  return new Promise((resolve, reject) => {
    const failed = () => reject(new AcmeProblem('connection', `${url.host} could not be asked`));
    // Nobody has a certificate before the first one: it is not looked at (RFC 8555 8.3).
    const outgoing = isTls
      ? httpsRequest({ ...options, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) })
      : httpRequest(options);
    outgoing.on('error', failed);
    outgoing.on('response', (incoming: IncomingMessage) => {
      const pieces: Buffer[] = [];
      let length = 0;
      const end = () => {
        const text = Buffer.concat(pieces).toString('latin1').trim();
        resolve({ status: incoming.statusCode ?? 0, location: incoming.headers.location, text });
      };
      incoming.on('data', (piece: Buffer) => {
        length += piece.length;
        pieces.push(piece);
        if (length <= MAX_BYTES) return;
        // What is longer is not it; a redirect may have a page with it.
        pieces.length = 0;
        pieces.push(Buffer.alloc(MAX_TEXT + 1, 'x'));
        incoming.destroy();
        end();
      });
      incoming.on('end', end);
      incoming.on('error', failed);
    });
    outgoing.end();
  });
}
