/** The audit service in a thread of the one process: the thread itself, and what starts it. */
import { extname } from 'node:path';
import { isMainThread, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
import { HsmError } from '../hsm/port.ts';
import { ThreadLink } from '../platform/client/thread.ts';
import { readConfig } from '../platform/config/config.ts';
import { createLogger } from '../platform/observe/log.ts';
import { StoreError, type StoreErrorCode } from '../platform/store/index.ts';
import { startNode } from './node.ts';
import { auditService } from './services.ts';

export const AUDIT_SERVICE = 'audit';

export interface ServiceThread {
  link: ThreadLink;
  /** Rejects when the thread cannot start. */
  ready: Promise<void>;
  stop(): Promise<void>;
}

/** Errors cross threads as plain values: what a refused start says must survive the way. */
type Report =
  | { ready: true }
  | { failed: { kind: 'store' | 'hsm' | 'other'; code: string; message: string; hint?: string } };

export function startAuditThread(onDeath: (error: unknown) => void): ServiceThread {
  const { port1, port2 } = new MessageChannel();
  // Beside this file, whether it runs as source, compiled or bundled.
  const entry = new URL(`./audit-thread${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(entry, { workerData: { port: port2 }, transferList: [port2] });
  let stopping = false;
  const ended = new Promise<void>((done) => worker.once('exit', () => done()));
  const ready = new Promise<void>((done, failed) => {
    worker.once('message', (report: Report) => ('ready' in report ? done() : failed(revive(report.failed))));
    worker.once('error', failed);
  });
  ready.then(
    () => {
      worker.on('error', onDeath);
      worker.on('exit', (code) => {
        if (!stopping) onDeath(new Error(`exit code ${code}`));
      });
    },
    () => undefined,
  );
  return {
    link: new ThreadLink(port1 as unknown as MessagePort),
    ready,
    async stop() {
      stopping = true;
      worker.postMessage('stop');
      await ended;
      port1.close();
    },
  };
}

function revive(failed: Extract<Report, { failed: unknown }>['failed']): Error {
  const hint = failed.hint === undefined ? {} : { hint: failed.hint };
  if (failed.kind === 'store') return new StoreError(failed.code as StoreErrorCode, failed.message, hint);
  if (failed.kind === 'hsm') return new HsmError(failed.code as HsmError['code'], failed.message, hint);
  return new Error(failed.message);
}

function describe(error: unknown): Report {
  const kind = error instanceof StoreError ? 'store' : error instanceof HsmError ? 'hsm' : 'other';
  const { code = '', message = String(error), hint } = error as { code?: string; message?: string; hint?: string };
  return { failed: { kind, code, message, ...(hint !== undefined && { hint }) } };
}

async function runThread(port: MessagePort): Promise<void> {
  const config = readConfig();
  const log = createLogger({ level: config.logLevel, name: 'parapet-audit' });
  const link = new ThreadLink(port);
  try {
    const node = await startNode({
      config,
      log,
      services: [auditService(config)],
      identity: undefined,
      frontDoor: false,
      thread: { link, ready: Promise.resolve(), stop: async () => link.close() },
    });
    parentPort?.on('message', async () => {
      await node.stop();
      parentPort?.close();
    });
    parentPort?.postMessage({ ready: true } satisfies Report);
  } catch (error) {
    parentPort?.postMessage(describe(error));
    link.close();
    parentPort?.close();
  }
}

if (!isMainThread && (workerData as { port?: MessagePort } | null)?.port) await runThread(workerData.port);
