/**
 * Load generator, in a process of its own: connections with keep-alive over TLS, one request after the other on each.
 * Written on raw sockets, so that the client is not what is measured. A signature is made once per second and
 * connection set (its clock has seconds); the server verifies every request anew.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { signHeaders } from '../../platform/authn/sigv4/sign.ts';

export interface LoadJob {
  port: number;
  caPath: string;
  connections: number;
  seconds: number;
  /** Requests per second over all connections; absent: as many as possible. */
  rate?: number;
  path: string;
  headers: Record<string, string>;
  /** Several: one after the other. */
  body: string | readonly string[];
  /** Every request is signed anew under an idempotency key of its own, as writes have to be. */
  isFresh?: boolean;
  sign?: { accessKeyId: string; secretAccessKey: string; region: string; service: string };
}

export interface LoadResult {
  requests: number;
  errors: number;
  seconds: number;
  p50: number;
  p99: number;
  firstError?: string;
}

export async function load(job: LoadJob): Promise<LoadResult> {
  const latencies: number[] = [];
  let errors = 0;
  let firstError: string | undefined;
  const until = performance.now() + job.seconds * 1000;
  let requests = renderAll(job);
  let turn = 0;
  const refresh = setInterval(() => {
    requests = renderAll(job);
  }, 1000);
  const from = performance.now();
  const gap = job.rate === undefined ? 0 : (job.connections / job.rate) * 1000;
  await Promise.all(Array.from({ length: job.connections }, (_, i) => worker(i)));
  clearInterval(refresh);
  const seconds = (performance.now() - from) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (q: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? 0;
  return {
    requests: latencies.length,
    errors,
    seconds,
    p50: at(0.5),
    p99: at(0.99),
    ...(firstError !== undefined && { firstError }),
  };

  async function worker(index: number): Promise<void> {
    let socket: TLSSocket | undefined;
    let next = performance.now() + (gap * index) / job.connections;
    while (performance.now() < until) {
      if (gap > 0) {
        const wait = next - performance.now();
        if (wait > 1) await new Promise((resume) => setTimeout(resume, wait));
        next += gap;
      }
      if (!socket || socket.destroyed) socket = await dial(job);
      const start = performance.now();
      const at = turn++ % requests.length;
      const answer = await exchange(socket, job.isFresh ? fresh(job, at) : (requests[at] as Buffer));
      if (answer.status === 200) latencies.push(performance.now() - start);
      else {
        errors++;
        firstError ??= answer.text;
      }
      if (answer.close) socket.destroy();
    }
    socket?.destroy();
  }
}

function fresh(job: LoadJob, at: number): Buffer {
  const body = typeof job.body === 'string' ? job.body : (job.body[at] as string);
  return render({ ...job, body, headers: { ...job.headers, 'idempotency-key': randomUUID() } });
}

function renderAll(job: LoadJob): Buffer[] {
  return (typeof job.body === 'string' ? [job.body] : job.body).map((body) => render({ ...job, body }));
}

function render(job: LoadJob & { body: string }): Buffer {
  const headers: [string, string][] = [
    ['host', `127.0.0.1:${job.port}`],
    ['content-length', String(Buffer.byteLength(job.body))],
    ...Object.entries(job.headers),
  ];
  let added: readonly string[] = [];
  if (job.sign) {
    const { region, service } = job.sign;
    added = signHeaders(
      { method: 'POST', rawTarget: job.path, rawHeaders: headers.flat(), body: Buffer.from(job.body) },
      job.sign,
      { region, service, now: Date.now() },
    ).addedHeaders;
  }
  const lines = headers.map(([k, v]) => `${k}: ${v}`);
  for (let i = 0; i < added.length; i += 2) lines.push(`${added[i]}: ${added[i + 1]}`);
  return Buffer.from(`POST ${job.path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${job.body}`);
}

function dial(job: LoadJob): Promise<TLSSocket> {
  return new Promise((done, failed) => {
    const socket = connect(
      { host: '127.0.0.1', port: job.port, ca: readFileSync(job.caPath), servername: 'localhost' },
      () => done(socket),
    );
    socket.setNoDelay(true);
    socket.on('error', failed);
  });
}

function exchange(socket: TLSSocket, bytes: Buffer): Promise<{ status: number; close: boolean; text: string }> {
  return new Promise((done) => {
    let head = '';
    let need = -1;
    let have = 0;
    const finish = (close: boolean) => {
      socket.off('data', onData);
      socket.off('close', onClose);
      done({ status: Number(head.slice(9, 12)), close, text: head.slice(0, 2000) });
    };
    const onClose = () => finish(true);
    const onData = (chunk: Buffer) => {
      if (need < 0) {
        head += chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        if (end < 0) return;
        const length = /content-length: (\d+)/i.exec(head);
        need = Number(length?.[1] ?? 0);
        have = head.length - end - 4;
      } else have += chunk.length;
      if (have >= need) finish(/connection: close/i.test(head));
    };
    socket.on('data', onData);
    socket.on('close', onClose);
    socket.write(bytes);
  });
}

if (process.send !== undefined) {
  process.on('message', async (job: LoadJob) => {
    process.send?.(await load(job));
  });
}
