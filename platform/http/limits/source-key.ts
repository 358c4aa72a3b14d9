import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The text of a peer address as people know it: an IPv4 address in an IPv6 socket loses its `::ffff:`. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

/**
 * The key under which a source is counted: the IPv4 address, or the /64 of an IPv6 address, since one household
 * holds at least that many addresses.
 */
export function sourceKey(address: string): string {
  if (!isIPv6(address)) return address;
  const parsed = ipaddr.parse(address.split('%', 1)[0] as string) as ipaddr.IPv6;
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  return `${parsed.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
