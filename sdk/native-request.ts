/**
 * From an operation and its native JSON input to the HTTP request that carries it, and nothing else: no credentials,
 * no connection. The command line prints the same request as a curl command.
 */
import type { AnyOperation } from '../platform/contract/operation.ts';
import { ParapetError } from './error.ts';

export interface NativeRequest {
  method: 'GET' | 'POST';
  /** Path and query, percent-encoded. */
  target: string;
  /** Absent for GET. */
  body?: Buffer;
}

/** `input` is native JSON: PascalCase members, blobs in base64, timestamps in RFC 3339. */
export function nativeRequest(operation: AnyOperation, input: Readonly<Record<string, unknown>>): NativeRequest {
  const rest = { ...input };
  const path = operation.rest.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest[name];
    delete rest[name];
    if (value === undefined || value === '') {
      throw new ParapetError('Validation', `${name} must be present`, {
        issues: [{ pointer: `/${name}`, message: 'must be present', rule: 'required' }],
      });
    }
    return encodeComponent(String(value));
  });
  if (operation.rest.method === 'POST')
    return { method: 'POST', target: path, body: Buffer.from(JSON.stringify(rest)) };
  // Sorted, because curl signs the query in the order in which it is written.
  const names = Object.keys(rest).sort();
  const query = names.flatMap((name) => parameters(name, rest[name]));
  return { method: 'GET', target: query.length === 0 ? path : `${path}?${query.join('&')}` };
}

/** Lists are repeated parameters. Declarations with GET have scalars and lists of text only (checked in `derive`). */
function parameters(name: string, value: unknown): string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => parameters(name, item));
  return [`${encodeComponent(name)}=${encodeComponent(String(value))}`];
}

/** RFC 3986: only unreserved characters stay, which is also what signatures are made over. */
function encodeComponent(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
