import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { signHeaders } from '../authn/sigv4/sign.ts';
import { ServiceError } from '../contract/error.ts';
import type { Clock } from '../runtime/clock.ts';
import { MAX_OBJECT_BYTES, type ObjectFacts, type ObjectStore, type ObjectStoreOptions } from './store.ts';

const TIMEOUT_MS = 10_000;

export type S3Options = Omit<Extract<ObjectStoreOptions, { kind: 's3' }>, 'kind'> & { clock: Clock };

interface Answer {
  status: number;
  mediaType: string | undefined;
  bytes: Buffer;
}

/** A bucket, by requests signed with Signature Version 4 over the hash of their bodies. */
export class S3Store implements ObjectStore {
  private readonly options: S3Options;
  private readonly base: URL;

  constructor(options: S3Options) {
    this.options = options;
    this.base = new URL(options.url);
  }

  async put(path: string, bytes: Buffer, { mediaType, freshSeconds, acl, metadata = {} }: ObjectFacts): Promise<void> {
    const cache = freshSeconds === undefined ? 'private, no-store' : `public, max-age=${freshSeconds}`;
    const headers = ['content-type', mediaType, 'cache-control', cache];
    if (acl) headers.push('x-amz-acl', acl.toLowerCase().replaceAll('_', '-'));
    for (const [name, value] of Object.entries(metadata)) headers.push(`x-amz-meta-${name}`, value);
    const { status } = await this.ask('PUT', path, headers, bytes);
    if (status !== 200) throw this.unusable(`it answered PUT ${path} with ${status}`);
  }

  async get(path: string): Promise<{ bytes: Buffer; mediaType: string | undefined } | undefined> {
    const { status, bytes, mediaType } = await this.ask('GET', path, []);
    if (status === 404) return undefined;
    if (status !== 200) throw this.unusable(`it answered GET ${path} with ${status}`);
    return { bytes, mediaType };
  }

  private ask(method: string, path: string, headers: string[], body: Buffer = Buffer.alloc(0)): Promise<Answer> {
    const { region, credentials, clock } = this.options;
    const rawTarget = `${this.base.pathname.replace(/\/$/, '')}/${path}`;
    const rawHeaders = ['host', this.base.host, ...headers];
    const signing = { region, service: 's3', now: clock.now(), signBody: true, normalizePath: false };
    const signed = signHeaders({ method, rawTarget, rawHeaders, body }, credentials, signing);
    const all = [...rawHeaders, ...signed.addedHeaders, 'content-length', String(body.length)];
    const send = this.base.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = send(
        this.base,
        { method, path: rawTarget, headers: pairs(all), timeout: TIMEOUT_MS, agent: false },
        (incoming) => {
          collect(incoming).then(
            (bytes) =>
              resolve({ status: incoming.statusCode ?? 0, mediaType: incoming.headers['content-type'], bytes }),
            (error) => reject(this.unusable('its answer broke off', error)),
          );
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
      outgoing.on('error', (error) => reject(this.unusable('it cannot be reached', error)));
      outgoing.end(body);
    });
  }

  private unusable(why: string, cause?: unknown): ServiceError {
    return new ServiceError('Unavailable', `store ${this.base.host} cannot be used: ${why}`, { cause });
  }
}

function pairs(list: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < list.length; at += 2) headers[list[at] as string] = list[at + 1] as string;
  return headers;
}

async function collect(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_OBJECT_BYTES) throw new Error('answer too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
