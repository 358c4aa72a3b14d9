import { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import type { Clock } from '../../../../../platform/runtime/clock.ts';
import type { Destination, Secrets } from '../../../domain/export/destination.ts';
import { ElasticsearchSink } from './elasticsearch.ts';
import { OtlpSink } from './otlp.ts';
import type { Sink } from './sink.ts';
import { SyslogSink } from './syslog.ts';
import { WebhookSink } from './webhook.ts';

export interface SinkSettings {
  /** CIDR ranges; empty: everywhere but this machine and link-local addresses. */
  networks: readonly string[];
  clock: Clock;
  hostname: string;
  region: string;
}

export type StreamDestination = Exclude<Destination, { kind: 'Archive' }>;

export function openSink(destination: StreamDestination, secrets: Secrets, settings: SinkSettings): Sink {
  const { clock, hostname, region } = settings;
  const networks = new AllowedNetworks(settings.networks);
  switch (destination.kind) {
    case 'Syslog':
      return new SyslogSink(destination, secrets, { networks, hostname });
    case 'Webhook':
      return new WebhookSink(destination, secrets, { networks, clock });
    case 'Otlp':
      return new OtlpSink(destination, secrets, { networks, hostname, region });
    case 'Elasticsearch':
      return new ElasticsearchSink(destination, secrets, networks);
  }
}
