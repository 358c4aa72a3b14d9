/**
 * Where the vault may connect to on behalf of those who configure targets and functions. Without a rule, whoever may
 * make a target could have the vault knock at everything it can reach: this machine, the metadata service of a cloud.
 */
import { AllowedNetworks } from '../../../platform/net/allowed-networks.ts';
import { pinnedAddress } from '../../../platform/net/pinned-address.ts';
import { TargetFailure } from './failure.ts';
import type { Endpoint } from './port.ts';

/** What an installation allows by name. */
const SOCKETS = 'sockets';

export class TargetNetworks {
  private readonly networks: AllowedNetworks;
  private readonly sockets: boolean;

  /**
   * @param allowed CIDR ranges, and `sockets` for absolute paths; empty: every ordinary address, neither this machine
   * nor link-local addresses nor sockets. Throws `Error` for anything else.
   */
  constructor(allowed: readonly string[]) {
    this.sockets = allowed.includes(SOCKETS);
    this.networks = new AllowedNetworks(allowed.filter((entry) => entry !== SOCKETS));
  }

  /** @param address of either family, without a zone */
  allows(address: string): boolean {
    return this.networks.allows(address);
  }

  /**
   * The endpoint with the address that was looked at, so that its name cannot mean another one a moment later. Throws `TargetFailure`: `address-refused`, or `unreachable` when the name is unknown.
   */
  async pinned({ host, port }: Endpoint, where: string): Promise<Endpoint> {
    if (host.startsWith('/')) {
      if (!this.sockets) throw new TargetFailure('address-refused', where);
      return { host, port };
    }
    const pinned = await pinnedAddress(this.networks, host);
    if ('address' in pinned) return { host, port, address: pinned.address };
    throw new TargetFailure(pinned.failed === 'refused' ? 'address-refused' : 'unreachable', where);
  }
}
