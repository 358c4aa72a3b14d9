/** Logs by OTLP/HTTP in its JSON encoding (OpenTelemetry protocol 1.x). */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import type { DestinationOf, Secrets } from '../../../domain/export/destination.ts';
import { type OtlpResource, otlpLogs } from '../../../domain/export/otlp-logs.ts';
import { HttpReceiver } from './http.ts';
import { type Outgoing, type Sink, SinkFailure } from './sink.ts';

const compress = promisify(gzip);

export class OtlpSink implements Sink {
  private readonly receiver: HttpReceiver;
  private readonly resource: OtlpResource;

  constructor(
    destination: DestinationOf<'Otlp'>,
    secrets: Secrets,
    { networks, ...resource }: { networks: AllowedNetworks } & OtlpResource,
  ) {
    this.receiver = new HttpReceiver(destination, secrets, networks);
    this.resource = resource;
  }

  async send(batch: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    const body = await compress(JSON.stringify(otlpLogs(batch, this.resource)));
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await this.receiver.post(body, headers, signal);
    const rejected = rejectedRecords(answer);
    // Which ones is not said: the export job finds out by sending fewer.
    if (rejected > 0) throw new SinkFailure('refused', `it rejected ${rejected} of ${batch.length} records`);
  }

  close(): void {
    this.receiver.close();
  }
}

/** `partialSuccess` of the answer; 64-bit numbers are texts in this encoding. */
function rejectedRecords(answer: Buffer): number {
  try {
    const { partialSuccess } = JSON.parse(answer.toString('utf8')) as {
      partialSuccess?: { rejectedLogRecords?: string | number };
    };
    const rejected = Number(partialSuccess?.rejectedLogRecords ?? 0);
    return Number.isSafeInteger(rejected) ? rejected : 0;
  } catch {
    // An answer without a body is a success.
    return 0;
  }
}
