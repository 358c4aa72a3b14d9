import { hash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as der from '../contract/der.ts';

/**
 * Builds X.509 v3 certificates (RFC 5280) for our own transport: P-256 keys, ECDSA with SHA-256, nothing optional.
 * Refuses names that are not exactly DNS names, IP addresses or URIs, so that no caller can smuggle a second name.
 */

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

export interface AlternativeNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uriNames: readonly string[];
}

export interface CertificateRequest {
  readonly subject: string;
  readonly issuer: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly issuerPublicKey: Buffer;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Authority certificates sign leaves only (path length 0). */
  readonly authority: boolean;
  readonly usages: readonly ('server' | 'client')[];
  readonly names: AlternativeNames;
}

/** Signed certificate, DER. `issuerKey` is a P-256 private key. */
export function buildCertificate(request: CertificateRequest, issuerKey: KeyObject): Buffer {
  const algorithm = der.sequence(der.oid(OID.ecdsaWithSha256));
  const body = der.sequence(
    der.contextConstructed(0, der.integer(2)),
    der.integer(serialNumber()),
    algorithm,
    distinguishedName(request.issuer),
    der.sequence(der.time(request.notBeforeMs), der.time(request.notAfterMs)),
    distinguishedName(request.subject),
    request.publicKey,
    der.contextConstructed(3, der.sequence(...extensions(request))),
  );
  return der.sequence(body, algorithm, der.bitString(sign('sha256', body, issuerKey)));
}

/** 127 random bits, never zero (RFC 5280 4.1.2.2: positive, at most 20 octets). */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes;
}

function distinguishedName(commonName: string): Buffer {
  if (commonName.length < 1 || commonName.length > 64) throw new TypeError('common name is not 1 to 64 characters');
  return der.sequence(der.setOf(der.sequence(der.oid(OID.commonName), der.utf8String(commonName))));
}

function extensions(request: CertificateRequest): Buffer[] {
  const list = [
    extension(
      OID.basicConstraints,
      true,
      der.sequence(...(request.authority ? [der.boolean(true), der.integer(0)] : [])),
    ),
    extension(OID.keyUsage, true, request.authority ? der.namedBits(5, 6) : der.namedBits(0)),
    extension(OID.subjectKeyIdentifier, false, der.octetString(keyIdentifier(request.publicKey))),
    extension(
      OID.authorityKeyIdentifier,
      false,
      der.sequence(der.contextPrimitive(0, keyIdentifier(request.issuerPublicKey))),
    ),
  ];
  if (request.usages.length > 0) {
    const usages = request.usages.map((usage) => der.oid(usage === 'server' ? OID.serverAuth : OID.clientAuth));
    list.push(extension(OID.extKeyUsage, false, der.sequence(...usages)));
  }
  const names = generalNames(request.names);
  if (names.length > 0) list.push(extension(OID.subjectAltName, false, der.sequence(...names)));
  return list;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return der.sequence(der.oid(id), ...(critical ? [der.boolean(true)] : []), der.octetString(value));
}

/** RFC 7093 method 1: leftmost 160 bits of SHA-256 over the public key; here over the whole SubjectPublicKeyInfo. */
function keyIdentifier(publicKey: Buffer): Buffer {
  return hash('sha256', publicKey, 'buffer').subarray(0, 20);
}

function generalNames(names: AlternativeNames): Buffer[] {
  return [
    ...names.dnsNames.map((name) => der.contextPrimitive(2, Buffer.from(checkedDnsName(name), 'latin1'))),
    ...names.uriNames.map((name) => der.contextPrimitive(6, Buffer.from(checkedUri(name), 'latin1'))),
    ...names.ipAddresses.map((address) => der.contextPrimitive(7, addressBytes(address))),
  ];
}

function checkedDnsName(name: string): string {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  const valid = name.length <= 253 && name.split('.').every((part) => label.test(part)) && isIP(name) === 0;
  if (!valid) throw new TypeError('dns name of the certificate is malformed');
  return name.toLowerCase();
}

function checkedUri(name: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[a-z0-9./_-]+$/.test(name))
    throw new TypeError('uri name of the certificate is malformed');
  return name;
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 0) throw new TypeError('ip address of the certificate is malformed');
  return Buffer.from(ipaddr.parse(address).toByteArray());
}
