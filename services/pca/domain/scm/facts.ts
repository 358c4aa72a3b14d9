/** What people want to know of a certificate that anybody may have made: how its key and its signature are called. */
import { hash } from 'node:crypto';
import * as read from '../der/reader.ts';

const RSA = '1.2.840.113549.1.1.1';
const EC = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';
const CURVES: Readonly<Record<string, string>> = {
  '1.2.840.10045.3.1.7': 'EC_prime256v1',
  '1.3.132.0.34': 'EC_secp384r1',
  '1.3.132.0.35': 'EC_secp521r1',
};

/** `RSA_<bits>`, `EC_<curve>` or `Ed25519`; undefined: a kind that is not kept. `spki`: SubjectPublicKeyInfo. */
export function publicKeyName(spki: Buffer): string | undefined {
  try {
    const [algorithm, bits] = read.children(read.readOne(spki), read.TAG.sequence);
    const [id, parameters] = read.children(algorithm, read.TAG.sequence);
    const kind = read.oid(id);
    if (kind === ED25519) return 'Ed25519';
    if (kind === EC) return CURVES[read.oid(parameters)];
    if (kind !== RSA) return undefined;
    const [modulus] = read.children(read.readOne(read.bitStringBytes(bits)), read.TAG.sequence);
    const n = read.positiveBytes(modulus);
    return `RSA_${n.length * 8 - (Math.clz32(n[0] ?? 0) - 24)}`;
  } catch (error) {
    if (error instanceof read.DerError) return undefined;
    throw error;
  }
}

const SIGNATURES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5WITHRSA',
  '1.2.840.113549.1.1.5': 'SHA1WITHRSA',
  '1.2.840.113549.1.1.11': 'SHA256WITHRSA',
  '1.2.840.113549.1.1.12': 'SHA384WITHRSA',
  '1.2.840.113549.1.1.13': 'SHA512WITHRSA',
  '1.2.840.10045.4.1': 'SHA1WITHECDSA',
  '1.2.840.10045.4.3.2': 'SHA256WITHECDSA',
  '1.2.840.10045.4.3.3': 'SHA384WITHECDSA',
  '1.2.840.10045.4.3.4': 'SHA512WITHECDSA',
  '1.3.101.112': 'ED25519',
};
const PSS = '1.2.840.113549.1.1.10';
const PSS_HASHES: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.2.1': 'SHA256WITHRSA_PSS',
  '2.16.840.1.101.3.4.2.2': 'SHA384WITHRSA_PSS',
  '2.16.840.1.101.3.4.2.3': 'SHA512WITHRSA_PSS',
};

/** Of an AlgorithmIdentifier: its name, or its object identifier when it has none here. */
export function signatureName(identifier: Buffer): string {
  const [id, parameters] = read.children(read.readOne(identifier), read.TAG.sequence);
  const oid = read.oid(id);
  return oid === PSS ? pssName(parameters) : (SIGNATURES[oid] ?? oid);
}

/** RFC 8017 A.2.3: the hash is SHA-1 unless it is given. */
function pssName(parameters: read.Element | undefined): string {
  const [first] = parameters ? read.children(parameters, read.TAG.sequence) : [];
  if (first?.tag !== 0xa0) return 'SHA1WITHRSA_PSS';
  const [hashId] = read.children(read.readOne(first.content), read.TAG.sequence);
  return PSS_HASHES[read.oid(hashId)] ?? PSS;
}

/** Collisions have been made: somebody may have another certificate with the same signature. */
export function isWeakSignature(name: string): boolean {
  return /^(MD5|SHA1)/.test(name);
}

export function isWeakKey(name: string): boolean {
  return name.startsWith('RSA_') && Number(name.slice(4)) < 2048;
}

/** SHA-256, hexadecimal. */
export function fingerprintOf(certificate: Buffer): string {
  return hash('sha256', certificate, 'hex');
}
