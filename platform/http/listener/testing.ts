import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A raw client for tests: it sends exact bytes and says what came back and whether the peer closed. */
export interface RawResult {
  readonly text: string;
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  readonly closed: boolean;
}

export interface RawTarget {
  readonly port: number;
  /** PEM of the authority: use TLS. */
  readonly ca?: string | undefined;
}

export function open({ port, ca }: RawTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket =
      ca === undefined
        ? connectTcp(port, '127.0.0.1', () => resolve(socket))
        : connectTls({ port, host: '127.0.0.1', ca }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends the bytes (latin1) and waits until the peer closes, or for `waitMs`. */
export async function exchange(
  target: RawTarget,
  bytes: string | readonly string[],
  waitMs = 3000,
): Promise<RawResult> {
  const socket = await open(target);
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const closed = new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), waitMs);
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  for (const part of typeof bytes === 'string' ? [bytes] : bytes) {
    if (socket.writable) socket.write(Buffer.from(part, 'latin1'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const didClose = await closed;
  socket.destroy();
  return { ...readResponse(text), text, closed: didClose };
}

/** The first response of the bytes. */
export function readResponse(text: string): Pick<RawResult, 'status' | 'headers' | 'body'> {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = (end < 0 ? text : text.slice(0, end)).split('\r\n');
  const headers = new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  return { status: Number(statusLine.split(' ')[1] ?? 0), headers, body: end < 0 ? '' : text.slice(end + 4) };
}
