/**
 * Which addresses this installation connects to on behalf of others. Without a rule, whoever may name a host could have
 * us knock at everything we can reach: this machine, the metadata service of a cloud.
 */
import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Ordinary hosts, in public and private networks. */
const ORDINARY: ReadonlySet<string> = new Set(['unicast', 'private', 'uniqueLocal', 'carrierGradeNat']);

export class AllowedNetworks {
  private readonly ranges: readonly Range[];

  /**
   * @param allowed CIDR ranges; empty: every ordinary address, neither this machine nor link-local addresses. Throws
   * `Error` for anything else.
   */
  constructor(allowed: readonly string[]) {
    this.ranges = allowed.map((entry) => ipaddr.parseCIDR(entry));
  }

  /** @param address of either family, without a zone */
  allows(address: string): boolean {
    // An IPv4 address in IPv6 clothing is that IPv4 address.
    const parsed = ipaddr.process(address);
    if (this.ranges.length === 0) return ORDINARY.has(parsed.range());
    return isWithin(parsed, this.ranges);
  }
}

function isWithin(parsed: ReturnType<typeof ipaddr.process>, ranges: readonly Range[]): boolean {
  return ranges.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match([range, bits] as never));
}
