import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ipaddr from 'ipaddr.js';
import { type InternalCa, issueLeaf, type LeafOptions } from './internal-ca.ts';
import { assertPrivateFile, replacePrivateFile } from './private-file.ts';

/**
 * A leaf certificate kept in one file (key and certificate together, so that they can never be of two generations).
 * Issues it again when less than a third of its life remains, when the wanted names changed, or when the file is
 * damaged or of another authority.
 */

export interface Leaf {
  /** PKCS #8 PEM. */
  readonly key: string;
  readonly certificate: string;
  /** PEM of the authority to trust. */
  readonly ca: string;
  readonly notAfterMs: number;
  /** When `ensureLeaf` would issue it again. */
  readonly renewAtMs: number;
}

/** SANs that every listener of this machine has. */
export const LOCAL_DNS_NAMES: readonly string[] = ['localhost'];
export const LOCAL_ADDRESSES: readonly string[] = ['127.0.0.1', '::1'];

const SERVICE_URI = 'spiffe://parapet/service/';

/** Names for the listener of this installation: localhost, the loopback addresses and the configured host. */
export function listenerLeaf(host: string | undefined): LeafOptions {
  const address = host !== undefined && ipaddr.isValid(host) ? [host] : [];
  const name = host !== undefined && address.length === 0 ? [host] : [];
  return {
    commonName: 'parapet',
    dnsNames: [...new Set([...LOCAL_DNS_NAMES, ...name])],
    ipAddresses: [...new Set([...LOCAL_ADDRESSES, ...address])],
    usages: ['server'],
    days: 90,
  };
}

/** Names for a service that speaks mTLS with the others; it is client and server. */
export function serviceLeaf(service: string, host?: string): LeafOptions {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(service)) throw new TypeError('service name is malformed');
  const base = listenerLeaf(host);
  return { ...base, commonName: service, usages: ['server', 'client'], uriNames: [`${SERVICE_URI}${service}`] };
}

/** Reads `<name>.pem` in the folder of the authority, or issues it. */
export function ensureLeaf(ca: InternalCa, name: string, options: LeafOptions): Leaf {
  const path = join(ca.folder, `${name}.pem`);
  const kept = existsSync(path) ? readLeaf(ca, path) : undefined;
  if (kept !== undefined && ca.now() < kept.leaf.renewAtMs && sameNames(kept.certificate, options)) return kept.leaf;
  const issued = issueLeaf(ca, options);
  replacePrivateFile(path, issued.privateKeyPem + issued.certificatePem);
  const fresh = readLeaf(ca, path);
  if (fresh === undefined) throw new Error(`certificate file ${path} cannot be read back`);
  return fresh.leaf;
}

function readLeaf(ca: InternalCa, path: string): { leaf: Leaf; certificate: X509Certificate } | undefined {
  assertPrivateFile(path);
  const text = readFileSync(path, 'utf8');
  const split = text.indexOf('-----BEGIN CERTIFICATE-----');
  if (split < 0) return undefined;
  const key = text.slice(0, split);
  const pem = text.slice(split);
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.checkPrivateKey(createPrivateKey(key)) || !certificate.verify(ca.certificate.publicKey))
      return undefined;
    const notAfterMs = Date.parse(certificate.validTo);
    const renewAtMs = notAfterMs - (notAfterMs - Date.parse(certificate.validFrom)) / 3;
    return { leaf: { key, certificate: pem, ca: ca.certificatePem, notAfterMs, renewAtMs }, certificate };
  } catch {
    return undefined;
  }
}

function sameNames(certificate: X509Certificate, options: LeafOptions): boolean {
  const held = new Set((certificate.subjectAltName ?? '').split(', '));
  const wanted = [
    ...options.dnsNames.map((name) => `DNS:${name.toLowerCase()}`),
    ...(options.uriNames ?? []).map((name) => `URI:${name}`),
    ...options.ipAddresses.map((address) => `IP Address:${printedAddress(address)}`),
  ];
  return held.size === wanted.length && wanted.every((name) => held.has(name));
}

/** OpenSSL prints IPv6 in upper-case groups without leading zeros and without `::`. */
function printedAddress(address: string): string {
  const parsed = ipaddr.parse(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return (parsed as ipaddr.IPv6).parts.map((part) => part.toString(16).toUpperCase()).join(':');
}
