import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FrontAnswer } from './options.ts';
import { REFUSAL_TYPE, type Refusal, refusalBody } from './refusal.ts';

/** On every answer; a handler may replace one by naming it (documents may be cached, the console has its own CSP). */
export const SECURITY_HEADERS: readonly (readonly [name: string, value: string])[] = [
  ['strict-transport-security', 'max-age=31536000'],
  ['x-content-type-options', 'nosniff'],
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['referrer-policy', 'no-referrer'],
];

/** Writes the whole answer in one go. */
export function writeAnswer(res: ServerResponse, answer: FrontAnswer, requestId: string, close: boolean): void {
  const { headers, body } = answer;
  const list: string[] = ['x-amzn-requestid', requestId, 'x-request-id', requestId];
  for (const [name, value] of SECURITY_HEADERS) if (headers[name] === undefined) list.push(name, value);
  for (const name in headers) list.push(name, headers[name] as string);
  if (answer.status !== 204 && answer.status !== 304) list.push('content-length', String(Buffer.byteLength(body)));
  if (close) list.push('connection', 'close');
  res.writeHead(answer.status, list);
  // Text leaves together with the head in one write, so in one TLS record; a Buffer would be a second one.
  if (typeof body === 'string') res.end(body);
  else if (body.length <= ONE_WRITE_BYTES) res.end(body.toString('latin1'), 'latin1');
  else res.end(body);
}

const ONE_WRITE_BYTES = 12 * 1024;

export function refusalAnswer(refusal: Refusal, requestId: string): FrontAnswer {
  const headers: Record<string, string> = { 'content-type': REFUSAL_TYPE };
  if (refusal.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(refusal.retryAfterSeconds);
    headers['x-amz-retry-after'] = String(refusal.retryAfterSeconds * 1000);
  }
  if (refusal.status === 405) headers.allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
  return { status: refusal.status, headers, body: refusalBody(refusal, requestId) };
}

/** Sets what every answer carries on a response that something else (Express) will write. */
export function prepareResponse(res: ServerResponse, requestId: string, close: boolean): void {
  res.setHeader('x-amzn-requestid', requestId);
  res.setHeader('x-request-id', requestId);
  for (const [name, value] of SECURITY_HEADERS) res.setHeader(name, value);
  if (close) res.setHeader('connection', 'close');
}

/** Answers on a socket that has no request object, because the parser gave up, and ends it. */
export function writeRaw(socket: Socket, refusal: Refusal, requestId: string, now: number): void {
  const body = refusalBody(refusal, requestId);
  const lines = [
    `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Refused'}`,
    `date: ${new Date(now).toUTCString()}`,
    `x-amzn-requestid: ${requestId}`,
    `x-request-id: ${requestId}`,
    ...SECURITY_HEADERS.map(([name, value]) => `${name}: ${value}`),
    `content-type: ${REFUSAL_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  // Read on for a moment, so that the kernel does not answer late bytes with a reset that swallows the refusal.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}

const LINGER_MS = 500;
const LINGER_BYTES = 4 * 1024 * 1024;

/**
 * Refuses a request whose body is still arriving. The refusal is sent at once, but the connection closes only when the
 * sender stopped, or after half a second or 4 MiB: closing on unread bytes would reset the connection and the sender
 * would never see why.
 */
export function refuseWhileReceiving(res: ServerResponse, answer: FrontAnswer, requestId: string): void {
  const { req } = res;
  const headers = { ...answer.headers, 'content-length': String(Buffer.byteLength(answer.body)) };
  const list: string[] = ['x-amzn-requestid', requestId, 'x-request-id', requestId];
  for (const [name, value] of SECURITY_HEADERS) list.push(name, value);
  for (const [name, value] of Object.entries(headers)) list.push(name, value);
  list.push('connection', 'close');
  res.writeHead(answer.status, list);
  res.write(answer.body);
  let discarded = 0;
  const finish = () => {
    clearTimeout(timer);
    res.end();
  };
  const timer = setTimeout(finish, LINGER_MS);
  req.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > LINGER_BYTES) finish();
  });
  req.once('end', finish);
  req.once('error', finish);
  req.once('close', finish);
}
