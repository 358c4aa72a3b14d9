/**
 * Syslog over TLS (RFC 5424, RFC 5425). The protocol has no acknowledgement, so each batch has a connection of its own: it
 * is delivered when the receiver has read to its end and closes in turn (RFC 5425 4.4), and sent again when the connection
 * ends in any other way. What a receiver had read and lost afterwards is found by reconciling.
 */
import { connect, type TLSSocket } from 'node:tls';
import type { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import type { DestinationOf, Secrets } from '../../../domain/export/destination.ts';
import { syslogFrame } from '../../../domain/export/syslog-message.ts';
import { addressOf, tlsOptions } from './connection.ts';
import { asFailure, type Outgoing, type Sink, SinkFailure } from './sink.ts';

const TIMEOUT_MS = 30_000;
/**
 * A receiver that does not let us in closes of its own accord, some only when they see the first message: the first
 * connection of a turn waits for that before it says that it is done. Afterwards both look the same.
 */
const ADMISSION_MS = 1_000;

export interface SyslogOptions {
  networks: AllowedNetworks;
  /** Who we are in every message. */
  hostname: string;
}

export class SyslogSink implements Sink {
  private readonly destination: DestinationOf<'Syslog'>;
  private readonly secrets: Secrets;
  private readonly options: SyslogOptions;
  private admitted = false;

  constructor(destination: DestinationOf<'Syslog'>, secrets: Secrets, options: SyslogOptions) {
    this.destination = destination;
    this.secrets = secrets;
    this.options = options;
  }

  async send(batch: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    const { Host, Port = 6514, MaxMessageBytes = 8_192 } = this.destination;
    const address = await addressOf(this.options.networks, Host);
    const settings = { hostname: this.options.hostname, maxBytes: MaxMessageBytes };
    const frames = Buffer.concat(batch.map((one) => syslogFrame(one, settings)));
    const socket = connect({ host: address, port: Port, ...tlsOptions(Host, this.destination, this.secrets) });
    try {
      await conversation(socket, frames, signal, this.admitted ? 0 : ADMISSION_MS);
      this.admitted = true;
    } finally {
      socket.destroy();
    }
  }

  close(): void {}
}

function conversation(socket: TLSSocket, frames: Buffer, signal: AbortSignal, admissionMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let state: 'sending' | 'sent' | 'read' = 'sending';
    const fail = (error: unknown) => reject(asFailure(error));
    const stop = () => fail(new SinkFailure('away', 'the export was stopped'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    // From the beginning to the end: one that reads a byte now and then is as slow.
    const timer = setTimeout(() => fail(new SinkFailure('away', 'it did not take the records in time')), TIMEOUT_MS);
    socket.on('error', fail);
    socket.once('secureConnect', () => {
      socket.write(frames, () => {
        setTimeout(() => {
          if (socket.destroyed || socket.readableEnded) return;
          state = 'sent';
          socket.end();
        }, admissionMs);
      });
    });
    // Nothing is expected of a receiver of syslog.
    socket.resume();
    socket.once('end', () => {
      if (state === 'sent' && socket.writableFinished) state = 'read';
    });
    socket.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      if (state === 'read') resolve();
      else fail(new SinkFailure('away', 'it closed the connection before it had read everything'));
    });
  });
}
