/**
 * From a name that others gave to the address that is connected to. The name is looked up once, and the connection goes to
 * the address that was looked at, so that the name cannot mean another one a moment later.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { AllowedNetworks } from './allowed-networks.ts';

/** `unknown`: the name has no address; `refused`: it has one that is not allowed. */
export type Pinned = { address: string } | { failed: 'unknown' | 'refused' };

export async function pinnedAddress(networks: AllowedNetworks, host: string): Promise<Pinned> {
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  const [address] = addresses;
  if (address === undefined) return { failed: 'unknown' };
  // Every one of them: a name that also means a refused address is somebody's attempt.
  return addresses.every((one) => networks.allows(one)) ? { address } : { failed: 'refused' };
}

async function resolve(host: string): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    // What a resolver answers is no business of whoever names a host.
    return [];
  }
}
