/**
 * One request to a rotation function: AWS's event by POST over verified TLS, signed. No redirects, no reused
 * connections, an answer of bounded size in bounded time, and only to addresses that targets may have as well.
 *
 * The signature: header `parapet-signature: v1=<hex>`, HMAC-SHA256 with the value of the signing secret over
 * `<parapet-timestamp>.<parapet-nonce>.<body>`; the timestamp is in seconds, the nonce never comes twice. A function
 * refuses what is older than five minutes, and a nonce it has seen.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { StepFailure } from './step-failure.ts';

/** AWS: a function runs for a quarter of an hour at most. Here a step is short, or says that it failed and is repeated. */
const DEADLINE_MS = 60_000;
const MAX_ANSWER = 65_536;

export interface FunctionEvent {
  Step: 'createSecret' | 'setSecret' | 'testSecret' | 'finishSecret';
  SecretId: string;
  ClientRequestToken: string;
  RotationToken: string;
}

export interface FunctionAddress {
  url: URL;
  /** Of the host, as it was looked at. */
  address: string;
  ca: string | null;
}

export function signature(key: Buffer, timestamp: string, nonce: string, body: string): string {
  return createHmac('sha256', key).update(`${timestamp}.${nonce}.${body}`).digest('hex');
}

/** Rejects with `StepFailure`: what the function answered is nobody's business but its own. */
export function callFunction(
  { url, address, ca }: FunctionAddress,
  key: Buffer,
  event: FunctionEvent,
  now: number,
): Promise<void> {
  const body = JSON.stringify(event);
  const timestamp = String(Math.floor(now / 1000));
  const nonce = randomBytes(16).toString('hex');
  const family = isIP(address);
  return new Promise((resolve, reject) => {
    const fail = (code: 'function-unreachable' | 'function-failed' | 'function-refused') =>
      reject(new StepFailure(code));
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent: false,
        ...(ca !== null && { ca }),
        minVersion: 'TLSv1.2',
        // SECURITY: the address that was allowed, whatever the name means by now; the certificate is of the name.
        lookup: (_host, options, found) =>
          options.all ? found(null, [{ address, family }]) : found(null, address, family),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'parapet/ccms',
          'parapet-timestamp': timestamp,
          'parapet-nonce': nonce,
          'parapet-signature': `v1=${signature(key, timestamp, nonce, body)}`,
        },
      },
      (incoming) => {
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_ANSWER) return;
          fail('function-refused');
          outgoing.destroy();
        });
        incoming.on('error', () => fail('function-unreachable'));
        incoming.on('end', () => {
          const { statusCode: status = 0 } = incoming;
          if (status >= 200 && status < 300) resolve();
          else fail(status >= 300 && status < 400 ? 'function-refused' : 'function-failed');
        });
      },
    );
    const deadline = setTimeout(() => outgoing.destroy(new Error('deadline passed')), DEADLINE_MS);
    outgoing.on('close', () => clearTimeout(deadline));
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      fail(isCertificate(error) ? 'function-refused' : 'function-unreachable'),
    );
    outgoing.end(body);
  });
}

/** The other side was there, and could not prove who it is. */
function isCertificate({ code = '' }: NodeJS.ErrnoException): boolean {
  return /CERT|ERR_TLS|ERR_SSL|SIGNATURE|ISSUER|EPROTO/.test(code);
}
