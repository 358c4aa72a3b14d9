/**
 * The form in which names are indexed. Host names stand backwards with a dot at the end (`com.example.www.`), so that all
 * names below a domain are next to each other; the local part of an address follows its domain (`com.example.@ann`). All
 * other names begin with their kind and a space, which no host name has.
 */
import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import type { ExtensionFacts } from '../x509/extension.ts';
import { dnsProblem, type GeneralName, generalNameText, ipName } from '../x509/general-name.ts';
import { type Name, valuesOf } from '../x509/name.ts';
import { ATTRIBUTE } from '../x509/oids.ts';

/** Longer keys are told apart by their hash. */
const MAX_KEY = 300;

/** Of everything that a certificate names, each once: its alternative names and its common names. */
export function nameKeys({ subject, facts }: { subject: Name; facts: ExtensionFacts }): string[] {
  const names = (facts.subjectAltNames ?? []).map(keyOfName);
  const common = valuesOf(subject, ATTRIBUTE.commonName).map(keyOfText);
  return [...new Set([...names, ...common])];
}

/** Of a name as people write it: the key of a certificate that has it, as alternative name or as common name. */
export function keyOfText(text: string): string {
  if (isIP(text) !== 0) return keyOfName(ipName(text) ?? { kind: 'dns', value: text });
  if (/^[a-z][a-z\d+.-]*:/i.test(text)) return keyOfName({ kind: 'uri', value: text });
  const host = text.toLowerCase();
  if (dnsProblem(host) === undefined) return hostKey(host);
  if (/^[^@\s]+@[^@\s]+$/.test(text)) return keyOfName({ kind: 'email', value: text });
  return bounded(`cn ${text.normalize('NFKC').toLowerCase().trim()}`);
}

/** Of the name that people gave to a certificate from elsewhere. */
export function keyOfLabel(label: string): string {
  return bounded(`label ${label.toLowerCase()}`);
}

/** What the keys of a domain and of all names below it begin with; undefined: it is no host name. */
export function domainPrefix(text: string): string | undefined {
  const host = text.toLowerCase();
  return dnsProblem(host) === undefined && !host.startsWith('*') ? hostKey(host) : undefined;
}

/** A certificate for one of these names is accepted for the host: its own name, and the wildcard beside it. */
export function keysCovering(text: string): string[] | undefined {
  const host = text.toLowerCase();
  if (dnsProblem(host) !== undefined || host.startsWith('*')) return undefined;
  const [, ...domain] = host.split('.');
  return [hostKey(host), ...(domain.length > 0 ? [hostKey(['*', ...domain].join('.'))] : [])];
}

function keyOfName(name: GeneralName): string {
  switch (name.kind) {
    case 'dns':
      return hostKey(name.value.toLowerCase());
    case 'email': {
      const at = name.value.lastIndexOf('@');
      return bounded(`${reversed(name.value.slice(at + 1).toLowerCase())}@${name.value.slice(0, at)}`);
    }
    default:
      return bounded(`${name.kind} ${generalNameText(name)}`);
  }
}

const hostKey = (host: string) => bounded(reversed(host));

function reversed(host: string): string {
  return `${host.split('.').reverse().join('.')}.`;
}

/** What is past the prefix of every key of the domain, and before every other key. */
export function endOfPrefix(prefix: string): string {
  return `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
}

function bounded(key: string): string {
  return key.length > MAX_KEY ? `hash ${hash('sha256', key, 'hex')}` : key;
}
