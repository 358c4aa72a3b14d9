/**
 * Elasticsearch and OpenSearch by `_bulk`. Each record is created under its event id, so one that is there already is not
 * there twice: a conflict is a success.
 */
import type { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import type { DestinationOf, Secrets } from '../../../domain/export/destination.ts';
import { HttpReceiver, isRefusal } from './http.ts';
import { type Outgoing, type Sink, SinkFailure } from './sink.ts';

interface BulkAnswer {
  items?: { create?: { status?: number; error?: { type?: string } } }[];
}

export class ElasticsearchSink implements Sink {
  private readonly receiver: HttpReceiver;
  private readonly index: string;

  constructor(destination: DestinationOf<'Elasticsearch'>, secrets: Secrets, networks: AllowedNetworks) {
    this.receiver = new HttpReceiver(destination, secrets, networks);
    this.index = destination.Index;
  }

  async send(batch: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    const lines = batch.map(
      ({ eventId, text }) => `${JSON.stringify({ create: { _index: this.index, _id: eventId } })}\n${text}\n`,
    );
    const headers = { 'content-type': 'application/x-ndjson' };
    const answer = await this.receiver.post(Buffer.from(lines.join('')), headers, signal, '/_bulk');
    judge(answer, batch.length);
  }

  close(): void {
    this.receiver.close();
  }
}

function judge(answer: Buffer, sent: number): void {
  const { items } = parse(answer);
  if (!Array.isArray(items) || items.length !== sent)
    throw new SinkFailure('away', 'its answer does not say what became of each record');
  let refused = 0;
  let reason = '';
  for (const { create } of items) {
    const status = create?.status ?? 0;
    if ((status >= 200 && status < 300) || status === 409) continue;
    // An index that is absent, blocked or not ours to write: sent again, what is there already is a conflict then.
    if (!isRefusal(status)) throw new SinkFailure('away', `it answered a record with status ${status}`);
    refused++;
    reason = /^\w{1,64}$/.test(create?.error?.type ?? '') ? `: ${create?.error?.type}` : '';
  }
  if (refused > 0) throw new SinkFailure('refused', `it refused ${refused} of ${sent} records${reason}`);
}

function parse(answer: Buffer): BulkAnswer {
  try {
    return (JSON.parse(answer.toString('utf8')) as BulkAnswer | null) ?? {};
  } catch {
    return {};
  }
}
