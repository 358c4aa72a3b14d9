/** What is answered to clients. */
import type { OutputOf } from '../../../../platform/contract/operation.ts';
import type { AnswerAcmeRequest } from '../../api/acme/protocol.ts';

export interface Reply {
  status: number;
  headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  body?: object | string | Buffer;
}

export type Output = OutputOf<typeof AnswerAcmeRequest>;

export function output({ status, headers = {}, body }: Reply, more: Readonly<Record<string, string>>): Output {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  const all = { ...(isJson && { 'content-type': 'application/json' }), ...headers, ...more };
  return {
    Status: status,
    Headers: Object.entries(all).map(([Name, Value]) => ({ Name, Value })),
    Body: Buffer.isBuffer(body) ? body : Buffer.from(isJson ? JSON.stringify(body) : ((body as string) ?? '')),
  };
}

const WAIT_SECONDS = 2;
/** For what is not decided yet. */
export const WAIT = { 'retry-after': String(WAIT_SECONDS) };
