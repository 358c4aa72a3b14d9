/** What certificates are ordered for (RFC 8555 7.1.4, RFC 8738), and which of it a directory takes. */
import ipaddr from 'ipaddr.js';
import { dnsProblem, ipName } from '../x509/general-name.ts';
import { AcmeProblem, type ProblemDocument } from './problem.ts';

export interface Identifier {
  type: 'dns' | 'ip';
  value: string;
}

/** What names a directory is for. */
export interface NameRules {
  /** Names and everything below them. */
  zones: readonly string[];
  /** CIDR. */
  addresses: readonly string[];
  wildcards: boolean;
  /** Zones whose names need no proof. */
  preapproved: readonly string[];
}

export const MAX_IDENTIFIERS = 100;

/** In normal form, each once; throws with one subproblem for each that is refused. */
export function acceptedIdentifiers(
  wanted: readonly { type: string; value: string }[],
  rules: NameRules,
): Identifier[] {
  const accepted = new Map<string, Identifier>();
  const subproblems: ProblemDocument[] = [];
  for (const identifier of wanted) {
    const checked = checkIdentifier(identifier, rules);
    if ('problem' in checked) {
      const { type, value } = identifier;
      const told = { identifier: { type: type.slice(0, 32), value: value.slice(0, 256) } };
      subproblems.push(new AcmeProblem(checked.problem, checked.detail, told).document());
    } else accepted.set(`${checked.type}:${checked.value}`, checked);
  }
  const [first] = subproblems;
  if (first) {
    const unsupported = subproblems.every(({ type }) => type.endsWith(':unsupportedIdentifier'));
    throw new AcmeProblem(unsupported ? 'unsupportedIdentifier' : 'rejectedIdentifier', first.detail, { subproblems });
  }
  return [...accepted.values()];
}

type Checked = Identifier | { problem: 'rejectedIdentifier' | 'unsupportedIdentifier'; detail: string };

function checkIdentifier({ type, value }: { type: string; value: string }, rules: NameRules): Checked {
  const reject = (detail: string): Checked => ({ problem: 'rejectedIdentifier', detail });
  if (type === 'dns') {
    const name = value.toLowerCase();
    const problem = dnsProblem(name);
    if (problem !== undefined) return reject(problem);
    if (isWildcard(name) && !rules.wildcards) return reject(`the directory takes no wildcards such as ${name}`);
    const host = baseName(name);
    if (!isWithin(host, rules.zones)) return reject(`${name} is not within the zones of the directory`);
    return { type, value: name };
  }
  if (type === 'ip') {
    const name = ipName(value);
    if (!name) return reject('the identifier is no address');
    const address = ipaddr.parse(value);
    const inside = rules.addresses.some((range) => {
      const [network, bits] = ipaddr.parseCIDR(range);
      return address.kind() === network.kind() && address.match([network, bits] as never);
    });
    if (!inside) return reject(`${value} is not within the addresses of the directory`);
    return { type, value: address.toString() };
  }
  return { problem: 'unsupportedIdentifier', detail: `identifiers of type ${type.slice(0, 32)} are not offered` };
}

export function isWildcard(name: string): boolean {
  return name.startsWith('*.');
}

/** The name that is proven for a wildcard. */
export function baseName(name: string): string {
  return isWildcard(name) ? name.slice(2) : name;
}

export function isWithin(name: string, zones: readonly string[]): boolean {
  return zones.some((zone) => name === zone || name.endsWith(`.${zone}`));
}

export function isPreapproved({ type, value }: Identifier, { preapproved }: NameRules): boolean {
  return type === 'dns' && isWithin(baseName(value), preapproved);
}
