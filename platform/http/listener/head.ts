import type { IncomingMessage } from 'node:http';
import type { ListenerBudgets } from './options.ts';
import { type Refusal, refuse } from './refusal.ts';
import { readTarget, type Target } from './target.ts';

/** What is known of a request before its body. */
export interface Head extends Target {
  /** Lower-cased names, parallel to the pairs of `rawHeaders`. */
  readonly headerNames: readonly string[];
  /** No body follows. */
  readonly empty: boolean;
  /** Declared length in bytes; undefined for a chunked body. */
  readonly contentLength: number | undefined;
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Headers of which two would let two readers choose differently. */
const SINGLE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'origin',
  'transfer-encoding',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-target',
]);

/**
 * Checks everything the HTTP parser leaves open. Allocates the header names and the target, nothing else. `open`: see the
 * options of the listener.
 */
export function readHead(req: IncomingMessage, budgets: ListenerBudgets, open = false): Head | Refusal {
  const { rawHeaders } = req;
  const isOld = req.httpVersionMajor === 1 && req.httpVersionMinor === 0;
  if (req.httpVersionMajor !== 1 || (isOld && !open)) {
    return refuse(400, 'InvalidRequest', 'http version is not 1.1');
  }
  if (!METHODS.has(req.method as string)) return refuse(405, 'MethodNotAllowed', 'method is not accepted');
  if (rawHeaders.length > budgets.maxHeaders * 2) {
    return refuse(431, 'HeadersTooLarge', `request has more than ${budgets.maxHeaders} headers`);
  }
  let host: string | undefined;
  let length: string | undefined;
  let transfer: string | undefined;
  let seen = '';
  const headerNames = new Array<string>(rawHeaders.length >> 1);
  for (let i = 0; i < headerNames.length; i++) {
    const name = (rawHeaders[2 * i] as string).toLowerCase();
    const value = rawHeaders[2 * i + 1] as string;
    headerNames[i] = name;
    if (SINGLE.has(name)) {
      // A short text of the single names met so far; there are twelve of them at most.
      if (seen.includes(`${name};`)) return refuse(400, 'InvalidRequest', `header ${name} is present more than once`);
      seen += `${name};`;
      switch (name) {
        case 'host':
          host = value;
          break;
        case 'content-length':
          length = value;
          break;
        case 'transfer-encoding':
          transfer = value;
          break;
        case 'content-encoding':
          if (value.toLowerCase() !== 'identity') {
            return refuse(415, 'UnsupportedMediaType', 'content encoding is not identity');
          }
          break;
        case 'content-type':
          if (isXml(value)) return refuse(415, 'UnsupportedMediaType', 'xml is not accepted');
          break;
        // Node takes a list with 100-continue in it for 100-continue.
        case 'expect':
          if (value.toLowerCase() !== '100-continue') {
            return refuse(417, 'ExpectationFailed', 'expectation is not 100-continue');
          }
          break;
      }
    } else if (name === '__proto__' || name === 'constructor' || name === 'prototype' || isLookAlike(name)) {
      return refuse(400, 'InvalidRequest', 'header name is reserved');
    }
  }
  if (isOld) host ??= 'localhost';
  if (host === undefined) return refuse(400, 'InvalidRequest', 'host header is missing');
  if (!isHost(host)) return refuse(400, 'InvalidRequest', 'host header is malformed');
  if (transfer !== undefined && transfer.toLowerCase() !== 'chunked') {
    return refuse(400, 'InvalidRequest', 'transfer encoding is not chunked');
  }
  const contentLength = length === undefined ? undefined : Number(length);
  const empty = transfer === undefined && !(contentLength !== undefined && contentLength > 0);
  if (!empty && (req.method === 'GET' || req.method === 'HEAD')) {
    return refuse(400, 'InvalidRequest', 'request has a body that its method does not define');
  }
  if (contentLength !== undefined && contentLength > budgets.maxBodyBytes) return bodyTooLarge(budgets);
  const target = readTarget(req.url as string, host, budgets.maxTargetBytes, open);
  if ('status' in target) return target;
  return { rawTarget: target.rawTarget, path: target.path, query: target.query, headerNames, empty, contentLength };
}

export function bodyTooLarge(budgets: ListenerBudgets): Refusal {
  return refuse(413, 'RequestTooLarge', `request body is larger than ${budgets.maxBodyBytes} bytes`);
}

/** No XML reader is loaded, so no entity can be expanded; `text/xml`, `application/soap+xml` and the like. */
function isXml(contentType: string): boolean {
  const semicolon = contentType.indexOf(';');
  return (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).toLowerCase().includes('xml');
}

/** SECURITY: `Transfer_Encoding` is another header to us, and to proxies that write `_` as `-` it is the one that counts. */
function isLookAlike(name: string): boolean {
  return name.includes('_') && SINGLE.has(name.replaceAll('_', '-'));
}

/** Name, IPv4 or bracketed IPv6, with an optional port: no user part, path, blanks or commas. */
function isHost(host: string): boolean {
  if (host.length === 0 || host.length > 261) return false;
  for (let i = 0; i < host.length; i++) {
    const c = host.charCodeAt(i);
    const letter = (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x3a);
    if (!letter && c !== 0x2d && c !== 0x2e && c !== 0x5f && c !== 0x5b && c !== 0x5d) return false;
  }
  return true;
}
