/** The way to a receiver: where this installation may connect to, and TLS as the export says it. */
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import { pinnedAddress } from '../../../../../platform/net/pinned-address.ts';
import type { Secrets } from '../../../domain/export/destination.ts';
import { SinkFailure } from './sink.ts';

export interface TlsSettings {
  Ca?: string | undefined;
  ServerName?: string | undefined;
  ClientCertificate?: string | undefined;
}

/** SECURITY: certificates are always verified; there is no setting against it. */
export function tlsOptions(host: string, settings: TlsSettings, { ClientKey }: Secrets): ConnectionOptions {
  const name = settings.ServerName ?? (isIP(host) === 0 ? host : undefined);
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(name !== undefined && { servername: name }),
    ...(settings.Ca !== undefined && { ca: settings.Ca }),
    ...(settings.ClientCertificate !== undefined && { cert: settings.ClientCertificate, key: ClientKey }),
  };
}

export async function addressOf(networks: AllowedNetworks, host: string): Promise<string> {
  const pinned = await pinnedAddress(networks, host);
  if ('address' in pinned) return pinned.address;
  throw new SinkFailure(
    'away',
    pinned.failed === 'refused' ? 'it is at an address that exports may not connect to' : 'its name has no address',
  );
}
