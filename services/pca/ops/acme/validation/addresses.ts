/**
 * From a name to the address that is connected to. SECURITY: what clients of ACME name is looked up once, every address of
 * it has to be one that installation and directory both allow, and the connection goes to the address that was looked at,
 * so that the name cannot mean another one a moment later.
 */
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { AllowedNetworks } from '../../../../../platform/net/allowed-networks.ts';
import { AcmeProblem } from '../../../domain/acme/problem.ts';

export interface ResolverAddress {
  host: string;
  port: number;
}

const TIMEOUT_MS = 3_000;
const MAX_ALIASES = 8;
/** Nothing is there, as against nobody answered. */
const NOTHING: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA']);

export class Names {
  private readonly servers: readonly string[];
  private readonly installation: AllowedNetworks;

  constructor(options: { resolvers: readonly ResolverAddress[]; networks: readonly string[] }) {
    this.servers = options.resolvers.map(({ host, port }) =>
      isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`,
    );
    this.installation = new AllowedNetworks(options.networks);
  }

  /** @param networks what the directory allows */
  async addressOf(host: string, networks: readonly string[]): Promise<string> {
    const addresses = isIP(host) === 0 ? await this.lookUp(host) : [host];
    const directory = new AllowedNetworks(networks);
    const isAllowed = (address: string) => this.installation.allows(address) && directory.allows(address);
    // Every one of them: a name that also means a refused address is somebody's attempt. None: nothing is allowed.
    if (networks.length === 0 || !addresses.every(isAllowed))
      throw new AcmeProblem('connection', `${host} is not where the directory lets the validator connect to`);
    return addresses[0] as string;
  }

  /** TXT records, each in one piece, along aliases. */
  async texts(name: string): Promise<string[]> {
    let at = name;
    for (let aliases = 0; aliases <= MAX_ALIASES; aliases++) {
      const found = await this.ask((resolver) => resolver.resolveTxt(at), at);
      if (found.length > 0) return found.map((pieces) => pieces.join(''));
      const [alias] = await this.ask((resolver) => resolver.resolveCname(at), at);
      if (alias === undefined) return [];
      at = alias;
    }
    throw new AcmeProblem('dns', `${name} is an alias of an alias, and so on`);
  }

  private async lookUp(host: string): Promise<string[]> {
    const [four, six] = await Promise.all([
      this.ask((resolver) => resolver.resolve4(host), host),
      this.ask((resolver) => resolver.resolve6(host), host),
    ]);
    const addresses = [...four, ...six];
    if (addresses.length === 0) throw new AcmeProblem('dns', `${host} has no address`);
    return addresses;
  }

  private async ask<T>(query: (resolver: Resolver) => Promise<T[]>, name: string): Promise<T[]> {
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 });
    if (this.servers.length > 0) resolver.setServers(this.servers);
    try {
      return await query(resolver);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (NOTHING.has(code)) return [];
      throw new AcmeProblem('dns', `the name servers did not say what ${name} is`);
    }
  }
}
