/**
 * Name constraints (RFC 5280 4.2.1.10): written, read, and checked for every name of a certificate. Excluded beats
 * permitted; where anything of a kind is permitted, every name of that kind must be under one of them.
 */
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import {
  dnsProblem,
  type GeneralName,
  generalNameText,
  ipName,
  readGeneralName,
  writeGeneralName,
} from './general-name.ts';
import { isWithin, type Name, valuesOf } from './name.ts';
import { ATTRIBUTE } from './oids.ts';

export interface NameConstraints {
  permitted: readonly GeneralName[];
  excluded: readonly GeneralName[];
}

/** In constraints an address is followed by its mask. */
export function writeNameConstraints({ permitted, excluded }: NameConstraints): Buffer {
  const trees = (names: readonly GeneralName[]) => Buffer.concat(names.map((n) => der.sequence(writeGeneralName(n))));
  return der.sequence(
    ...(permitted.length > 0 ? [der.contextConstructed(0, trees(permitted))] : []),
    ...(excluded.length > 0 ? [der.contextConstructed(1, trees(excluded))] : []),
  );
}

/** Throws `DerError`; also for distances, which RFC 5280 forbids, and for masks with gaps. */
export function readNameConstraints(value: Buffer): NameConstraints {
  const parts = read.children(read.readOne(value), read.TAG.sequence);
  const part = (tag: number) => parts.find((one) => one.tag === tag);
  const tags = parts.map(({ tag }) => tag).join();
  if (tags !== '160' && tags !== '161' && tags !== '160,161')
    throw new read.DerError('the name constraints are empty or malformed');
  return { permitted: subtrees(part(0xa0)), excluded: subtrees(part(0xa1)) };
}

function subtrees(element: read.Element | undefined): GeneralName[] {
  if (!element) return [];
  const trees = read.readAll(element.content);
  if (trees.length === 0) throw new read.DerError('a list of name constraints is empty');
  return trees.map((tree) => {
    const [base, ...distances] = read.children(tree, read.TAG.sequence);
    if (!base || distances.length > 0) throw new read.DerError('a name constraint has a minimum or maximum');
    const name = readGeneralName(base);
    if (name.kind === 'ip' && !isRange(name.address))
      throw new read.DerError('an address constraint is not an address with a contiguous mask');
    if (name.kind === 'dns' && name.value !== '' && dnsProblem(name.value.toLowerCase()) !== undefined)
      throw new read.DerError('a DNS constraint is not a domain');
    return name;
  });
}

function isRange(bytes: Buffer): boolean {
  if (bytes.length !== 8 && bytes.length !== 32) return false;
  const mask = [...bytes.subarray(bytes.length / 2)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(mask);
}

/** What of a certificate constraints are about. */
export interface ConstrainedNames {
  subject: Name;
  names: readonly GeneralName[];
}

/** The first name that one authority does not permit, as a clause; undefined: all are permitted. */
export function constraintProblem(
  { subject, names }: ConstrainedNames,
  constraints: NameConstraints,
): string | undefined {
  for (const name of allNames(subject, names)) {
    const shown = generalNameText(name) || 'the empty name';
    if (constraints.excluded.some((tree) => isUnder(name, tree) || coversExcluded(name, tree)))
      return `${shown} is excluded`;
    const permitted = constraints.permitted.filter((tree) => isSameForm(name, tree));
    if (permitted.length > 0 && !permitted.some((tree) => isUnder(name, tree))) return `${shown} is not permitted`;
  }
  return undefined;
}

/** SECURITY: clients that look at the common name or the e-mail attribute must find nothing there that is not permitted. */
function allNames(subject: Name, names: readonly GeneralName[]): GeneralName[] {
  const directory: GeneralName[] = subject.attributes.length > 0 ? [{ kind: 'directory', name: subject }] : [];
  const hosts = valuesOf(subject, ATTRIBUTE.commonName).flatMap((value) => asHost(value));
  const mails = valuesOf(subject, ATTRIBUTE.emailAddress).map((value): GeneralName => ({ kind: 'email', value }));
  return [...directory, ...names, ...hosts, ...mails];
}

/** Also with dots behind it, which clients take away. */
function asHost(commonName: string): GeneralName[] {
  const address = ipName(commonName);
  if (address) return [address];
  const value = commonName.toLowerCase().replace(/\.{1,64}$/, '');
  return value.includes('.') && dnsProblem(value) === undefined ? [{ kind: 'dns', value }] : [];
}

function isUnder(name: GeneralName, tree: GeneralName): boolean {
  if (name.kind === 'dns' && tree.kind === 'dns') return isHostUnder(name.value, tree.value);
  if (name.kind === 'email' && tree.kind === 'email') return isMailUnder(name.value, tree.value);
  if (name.kind === 'uri' && tree.kind === 'uri') return isUriUnder(name.value, tree.value);
  if (name.kind === 'ip' && tree.kind === 'ip') return isAddressUnder(name.address, tree.address);
  if (name.kind === 'directory' && tree.kind === 'directory') return isWithin(name.name, tree.name);
  return false;
}

/** Of forms that we do not look into, a name is under every tree that excludes and under none that permits. */
function isSameForm(name: GeneralName, tree: GeneralName): boolean {
  return name.kind === 'other' ? tree.kind === 'other' && name.bytes[0] === tree.bytes[0] : tree.kind === name.kind;
}

/** All that a wildcard stands for is below the domain behind it. */
function isHostUnder(host: string, tree: string): boolean {
  const name = host.toLowerCase();
  const domain = tree.toLowerCase();
  return domain === '' || name === domain || name.endsWith(`.${domain}`);
}

/** SECURITY: a wildcard also stands for names in a domain below it: `*.example.com` for an excluded `a.example.com`. */
function coversExcluded(name: GeneralName, tree: GeneralName): boolean {
  if (name.kind === 'other') return isSameForm(name, tree);
  // What cannot be compared with an excluded host may be that host, written in another way.
  if (name.kind === 'uri') return tree.kind === 'uri' && hostOf(name.value) === undefined;
  if (name.kind !== 'dns' || tree.kind !== 'dns' || !name.value.startsWith('*.')) return false;
  const domain = tree.value.toLowerCase();
  const first = domain.indexOf('.');
  return first > 0 && domain.slice(first + 1) === name.value.slice(2).toLowerCase();
}

function isMailUnder(address: string, tree: string): boolean {
  if (tree.includes('@')) return sameMailbox(address, tree);
  const host = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  const domain = tree.toLowerCase();
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain;
}

function sameMailbox(a: string, b: string): boolean {
  const split = (text: string) => [text.slice(0, text.lastIndexOf('@')), text.slice(text.lastIndexOf('@') + 1)];
  const [localA, hostA] = split(a);
  const [localB, hostB] = split(b);
  return localA === localB && hostA?.toLowerCase() === hostB?.toLowerCase();
}

/** RFC 5280: constraints apply to the host; a URI without a host name is permitted by none, and excluded by any. */
function isUriUnder(uri: string, tree: string): boolean {
  const host = hostOf(uri);
  if (host === undefined) return false;
  const domain = tree.toLowerCase();
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain;
}

/** The host name of a URI, as every reader of URIs understands it; undefined: it has none, or readers could differ. */
function hostOf(uri: string): string | undefined {
  const host = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\\]*@)?([^/?#:@\\]*)(?:$|[/?#]|:\d*(?:$|[/?#]))/i
    .exec(uri)?.[1]
    ?.toLowerCase();
  return host === undefined || dnsProblem(host) !== undefined ? undefined : host;
}

function isAddressUnder(address: Buffer, range: Buffer): boolean {
  const { length } = address;
  if (range.length !== length * 2) return false;
  return address.every((byte, at) => {
    const mask = range[length + at] as number;
    return (byte & mask) === ((range[at] as number) & mask);
  });
}
