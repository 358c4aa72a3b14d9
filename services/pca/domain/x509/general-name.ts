/** GeneralName (RFC 5280 4.2.1.6): the names of a subject besides its distinguished name, and their syntax. */
import { isIP } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import ipaddr from 'ipaddr.js';
import * as der from '../../../../platform/contract/der.ts';
import * as read from '../der/reader.ts';
import { type Name, nameProblem, nameText, readName } from './name.ts';

export type GeneralName =
  | { kind: 'dns' | 'email' | 'uri'; value: string }
  /** 4 or 16 bytes. */
  | { kind: 'ip'; address: Buffer }
  | { kind: 'directory'; name: Name }
  /** Of a form that we pass on, but do not look into. */
  | { kind: 'other'; bytes: Buffer };

const TEXT_TAGS = { email: 1, dns: 2, uri: 6 } as const;
const KIND_OF_TAG = { 129: 'email', 130: 'dns', 134: 'uri' } as const;
const IP_TAG = 7;
const DIRECTORY_TAG = 4;

export function writeGeneralName(name: GeneralName): Buffer {
  switch (name.kind) {
    case 'ip':
      return der.contextPrimitive(IP_TAG, name.address);
    case 'directory':
      return der.contextConstructed(DIRECTORY_TAG, name.name.bytes);
    case 'other':
      return name.bytes;
    default:
      return der.contextPrimitive(TEXT_TAGS[name.kind], Buffer.from(name.value, 'latin1'));
  }
}

/** Throws `DerError`. */
export function readGeneralName({ tag, content, bytes }: read.Element): GeneralName {
  if (tag === 0x81 || tag === 0x82 || tag === 0x86) {
    const value = content.toString('latin1');
    if (/[^\x20-\x7e]/.test(value)) throw new read.DerError('a name has characters outside printable ASCII');
    return { kind: KIND_OF_TAG[tag], value };
  }
  // Eight and 32 bytes are a range, which has no place among the names of a subject: `nameSyntaxProblem` says so.
  if (tag === 0x87) return { kind: 'ip', address: content };
  if (tag === 0xa4) return { kind: 'directory', name: readName(read.readOne(content)) };
  return { kind: 'other', bytes };
}

export function readGeneralNames(value: Buffer): GeneralName[] {
  const names = read.children(read.readOne(value), read.TAG.sequence).map(readGeneralName);
  if (names.length === 0) throw new read.DerError('a list of names is empty');
  return names;
}

export function ipName(text: string): GeneralName | undefined {
  if (isIP(text) === 0 || text.includes('%')) return undefined;
  return { kind: 'ip', address: Buffer.from(ipaddr.parse(text).toByteArray()) };
}

/** For people, conditions and comparisons: what the name says, without its kind. */
export function generalNameText(name: GeneralName): string {
  switch (name.kind) {
    case 'ip':
      return addressText(name.address) ?? name.address.toString('hex');
    case 'directory':
      return nameText(name.name);
    case 'other':
      return name.bytes.toString('hex');
    default:
      return name.value;
  }
}

function addressText(address: Buffer): string | undefined {
  return address.length === 4 || address.length === 16 ? ipaddr.fromByteArray([...address]).toString() : undefined;
}

/** Host names and the domains of addresses in lower case, addresses as they are. */
export function normalized(name: GeneralName): GeneralName {
  if (name.kind === 'dns') return { kind: 'dns', value: name.value.toLowerCase() };
  if (name.kind !== 'email') return name;
  const at = name.value.lastIndexOf('@');
  return { kind: 'email', value: name.value.slice(0, at + 1) + name.value.slice(at + 1).toLowerCase() };
}

/** In order, the first of equal ones. */
export function withoutRepeats(names: readonly GeneralName[]): GeneralName[] {
  const seen = new Set<string>();
  return names.filter((name) => {
    const key = writeGeneralName(name).toString('hex');
    return !seen.has(key) && seen.add(key);
  });
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LOCAL_PART = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

/** Why a host name, `*.` before it allowed, cannot be issued (lints 26 to 28); undefined: it is one. */
export function dnsProblem(name: string): string | undefined {
  if (name.length > 253) return 'is longer than 253 characters';
  if (name.endsWith('.')) return 'ends with a dot';
  if (isIP(name) !== 0 || /^[\d.]+$/.test(name)) return 'is an IP address, which belongs into iPAddress';
  if (/[:/]/.test(name)) return 'is a URL or has a port';
  const labels = name.split('.');
  const wild = labels[0] === '*';
  if (wild && labels.length === 1) return 'is a bare wildcard';
  for (const label of wild ? labels.slice(1) : labels) {
    if (label.includes('*')) return 'has a wildcard that is not the whole first label';
    if (!LABEL.test(label)) return `has the label "${label.slice(0, 70)}", which is not of letters, digits and hyphens`;
    if (label.startsWith('xn--') && !isALabel(label)) return `has the label "${label}", which is no valid A-label`;
    if (label.slice(2, 4) === '--' && !label.startsWith('xn--')) return `has the reserved label "${label}"`;
  }
  return undefined;
}

function isALabel(label: string): boolean {
  const unicode = domainToUnicode(label);
  return (
    unicode !== '' && unicode !== label && unicode === unicode.normalize('NFC') && domainToASCII(unicode) === label
  );
}

const SPIFFE_PATH = /^(\/[A-Za-z0-9._-]+)*$/;
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;

/** SPIFFE-ID 2: why a URI is no identity of a workload; undefined: it is one. */
export function spiffeProblem(uri: string): string | undefined {
  if (!uri.startsWith('spiffe://')) return 'does not begin with spiffe://';
  if (uri.length > 2048) return 'is longer than 2048 bytes';
  const rest = uri.slice('spiffe://'.length);
  const slash = rest.indexOf('/');
  const domain = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash);
  if (!TRUST_DOMAIN.test(domain)) return 'has a malformed trust domain';
  if (!SPIFFE_PATH.test(path)) return 'has a malformed path';
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return 'has a relative path';
  return undefined;
}

export function uriProblem(uri: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:[\x21-\x7e]+$/i.test(uri)) return 'is not absolute';
  return uri.startsWith('spiffe:') ? spiffeProblem(uri) : undefined;
}

export function emailProblem(address: string): string | undefined {
  const at = address.lastIndexOf('@');
  if (at < 1 || !LOCAL_PART.test(address.slice(0, at))) return 'is not local-part@host';
  const host = address.slice(at + 1).toLowerCase();
  return host.startsWith('*') ? 'has a wildcard' : dnsProblem(host);
}

/** Why a name cannot stand in a certificate; the text begins with the name. */
export function nameSyntaxProblem(name: GeneralName): string | undefined {
  const problem = syntaxProblem(name);
  return problem && `${name.kind} name ${generalNameText(name).slice(0, 120)} ${problem}`;
}

function syntaxProblem(name: GeneralName): string | undefined {
  switch (name.kind) {
    case 'dns':
      return dnsProblem(name.value);
    case 'email':
      return emailProblem(name.value);
    case 'uri':
      return uriProblem(name.value);
    case 'ip':
      if (name.address.length !== 4 && name.address.length !== 16) return 'is not 4 or 16 bytes long';
      return name.address.subarray(0, 12).equals(MAPPED) ? 'is an IPv4 address written as IPv6' : undefined;
    case 'directory':
      return nameProblem(name.name);
    case 'other':
      return undefined;
  }
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');
