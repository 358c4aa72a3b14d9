/**
 * The callee in another thread of this process: the same envelopes as over mTLS, through a message port. Both ends of
 * a port are ours, so callers are believed as they are in one thread.
 */
import type { MessagePort } from 'node:worker_threads';
import { ServiceError } from '../contract/error.ts';
import type { AnyOperation } from '../contract/operation.ts';
import type { Invocation } from '../runtime/call.ts';
import { answer, type Envelope, type Reply, result, seal } from './envelope.ts';
import type { Execute } from './local.ts';
import type { Transport } from './transport.ts';

type Message = { ask: number; envelope: Envelope } | { to: number; reply: Reply };

/** One end: asks what the other end serves, and serves what it was given. */
export class ThreadLink implements Transport {
  private readonly port: MessagePort;
  private readonly waiting = new Map<
    number,
    { operation: AnyOperation; done: (value: unknown) => void; failed: (error: unknown) => void }
  >();
  private readonly served = new Map<string, AnyOperation>();
  private execute: Execute | undefined;
  private next = 0;

  constructor(port: MessagePort) {
    this.port = port;
    port.on('message', (message: Message) => {
      if ('ask' in message) void this.serveOne(message.ask, message.envelope);
      else this.receive(message.to, message.reply);
    });
    port.on('close', () => {
      for (const { operation, failed } of this.waiting.values()) failed(away(operation));
      this.waiting.clear();
    });
  }

  serve(operations: readonly AnyOperation[], execute: Execute): void {
    for (const operation of operations) this.served.set(operation.name, operation);
    this.execute = execute;
  }

  invoke(invocation: Invocation): Promise<unknown> {
    const { operation } = invocation;
    return new Promise((done, failed) => {
      const ask = this.next++;
      this.waiting.set(ask, { operation, done, failed });
      this.port.postMessage({ ask, envelope: seal(invocation) } satisfies Message);
    });
  }

  close(): void {
    this.port.close();
  }

  private async serveOne(ask: number, envelope: Envelope): Promise<void> {
    const reply = this.execute ? await answer(envelope, this.served, this.execute) : { error: starting().toWire() };
    this.port.postMessage({ to: ask, reply } satisfies Message);
  }

  private receive(ask: number, reply: Reply): void {
    const waiting = this.waiting.get(ask);
    if (!waiting) return;
    this.waiting.delete(ask);
    try {
      waiting.done(result(reply, waiting.operation));
    } catch (error) {
      waiting.failed(error);
    }
  }
}

function starting(): ServiceError {
  return new ServiceError('Unavailable', 'the service is starting', {
    hint: 'try again',
    details: { retryAfterSeconds: 1 },
  });
}

function away(operation: AnyOperation): ServiceError {
  return new ServiceError('Unavailable', `service ${operation.service} has ended`, {
    hint: 'try again',
    details: { retryAfterSeconds: 1 },
  });
}
