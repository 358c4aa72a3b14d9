/**
 * Which addresses this installation connects to on behalf of others. Without a rule, whoever may name a host could have
 * us knock at everything we can reach: this machine, the metadata service of a cloud.
 */
import ipaddr from 'ipaddr.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/** Ordinary hosts, in public and private networks. */
const ORDINARY: ReadonlySet<string> = new Set(['unicast', 'private', 'uniqueLocal', 'carrierGradeNat']);

/** All IPv6 addresses that were given to anybody; those before it hide IPv4 addresses (`::a9fe:a9fe`). */
const GIVEN_IPV6 = ipaddr.parseCIDR('2000::/3');

/**
 * SECURITY: where clouds give their machines names, keys and passwords. Some look like ordinary addresses, so no range
 * lets them in, however wide.
 */
const METADATA: readonly Range[] = [
  '169.254.169.254/32', // most clouds
  '169.254.170.2/32', // containers of AWS
  '169.254.170.23/32', // pods of AWS
  'fd00:ec2::254/128', // AWS
  'fd00:ec2::23/128', // pods of AWS
  'fd20:ce::254/128', // Google
  '100.100.100.200/32', // Alibaba
  '168.63.129.16/32', // Azure
  '192.0.0.192/32', // Oracle
].map((entry) => ipaddr.parseCIDR(entry));

export class AllowedNetworks {
  private readonly ranges: readonly Range[];

  /**
   * @param allowed CIDR ranges; empty: every ordinary address, neither this machine nor link-local addresses. Throws
   * `Error` for anything else. Metadata services are in no range.
   */
  constructor(allowed: readonly string[]) {
    this.ranges = allowed.map((entry) => ipaddr.parseCIDR(entry));
  }

  /** @param address of either family, without a zone */
  allows(address: string): boolean {
    // An IPv4 address in IPv6 clothing is that IPv4 address.
    const parsed = ipaddr.process(address);
    if (isWithin(parsed, METADATA)) return false;
    if (this.ranges.length === 0) return isOrdinary(parsed);
    return isWithin(parsed, this.ranges);
  }
}

type Address = ReturnType<typeof ipaddr.process>;

function isOrdinary(parsed: Address): boolean {
  const range = parsed.range();
  if (range === 'unicast' && parsed.kind() === 'ipv6') return isWithin(parsed, [GIVEN_IPV6]);
  return ORDINARY.has(range);
}

function isWithin(parsed: Address, ranges: readonly Range[]): boolean {
  return ranges.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match([range, bits] as never));
}
