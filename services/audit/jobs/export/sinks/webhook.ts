/** Lines of JSON by POST. The signature covers when it was made, so that what somebody kept is of no use later. */
import { createHmac } from 'node:crypto';
import type { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import type { Clock } from '../../../../../platform/runtime/clock.ts';
import type { DestinationOf, Secrets } from '../../../domain/export/destination.ts';
import { HttpReceiver } from './http.ts';
import type { Outgoing, Sink } from './sink.ts';

export class WebhookSink implements Sink {
  private readonly receiver: HttpReceiver;
  private readonly secrets: Secrets;
  private readonly clock: Clock;

  constructor(
    destination: DestinationOf<'Webhook'>,
    secrets: Secrets,
    { networks, clock }: { networks: AllowedNetworks; clock: Clock },
  ) {
    this.receiver = new HttpReceiver(destination, secrets, networks);
    this.secrets = secrets;
    this.clock = clock;
  }

  async send(batch: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    const body = Buffer.from(batch.map(({ text }) => `${text}\n`).join(''));
    const headers = {
      'content-type': 'application/x-ndjson',
      'parapet-signature': signatureHeader(this.secrets.HmacKey ?? '', Math.floor(this.clock.now() / 1000), body),
      'parapet-first-position': String(batch[0]?.position),
      'parapet-last-position': String(batch.at(-1)?.position),
    };
    await this.receiver.post(body, headers, signal);
  }

  close(): void {
    this.receiver.close();
  }
}

/** `t=<seconds>,v1=<hexadecimal>`: HMAC-SHA256 of the seconds, a dot and the body. */
export function signatureHeader(key: string, seconds: number, body: Buffer): string {
  return `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.`).update(body).digest('hex')}`;
}
