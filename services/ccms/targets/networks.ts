/**
 * Where the vault may connect to on behalf of those who configure targets and functions. Without a rule, whoever may
 * make a target could have the vault knock at everything it can reach: this machine, the metadata service of a cloud.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { TargetFailure } from './failure.ts';
import type { Endpoint } from './port.ts';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** What an installation allows by name. */
const SOCKETS = 'sockets';
/** Ordinary hosts, in public and private networks. */
const ORDINARY: ReadonlySet<string> = new Set(['unicast', 'private', 'uniqueLocal', 'carrierGradeNat']);

export class TargetNetworks {
  private readonly ranges: readonly Range[];
  private readonly sockets: boolean;

  /**
   * @param allowed CIDR ranges, and `sockets` for absolute paths; empty: every ordinary address, neither this machine
   * nor link-local addresses nor sockets. Throws `Error` for anything else.
   */
  constructor(allowed: readonly string[]) {
    this.sockets = allowed.includes(SOCKETS);
    this.ranges = allowed.filter((entry) => entry !== SOCKETS).map((entry) => ipaddr.parseCIDR(entry));
  }

  /** @param address of either family, without a zone */
  allows(address: string): boolean {
    // An IPv4 address in IPv6 clothing is that IPv4 address.
    const parsed = ipaddr.process(address);
    if (this.ranges.length === 0) return ORDINARY.has(parsed.range());
    return this.ranges.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match([range, bits] as never));
  }

  /**
   * The endpoint with the address that was looked at, so that its name cannot mean another one a moment later. Throws `TargetFailure`: `address-refused`, or `unreachable` when the name is unknown.
   */
  async pinned({ host, port }: Endpoint, where: string): Promise<Endpoint> {
    if (host.startsWith('/')) {
      if (!this.sockets) throw new TargetFailure('address-refused', where);
      return { host, port };
    }
    const addresses = isIP(host) === 0 ? await resolve(host, where) : [host];
    // Every one of them: a name that also means a refused address is somebody's attempt.
    if (!addresses.every((address) => this.allows(address))) throw new TargetFailure('address-refused', where);
    return { host, port, address: addresses[0] as string };
  }
}

async function resolve(host: string, where: string): Promise<string[]> {
  try {
    const found = await lookup(host, { all: true });
    if (found.length > 0) return found.map(({ address }) => address);
  } catch {
    // Said below: what a resolver answers is no business of whoever configures a target.
  }
  throw new TargetFailure('unreachable', where);
}
