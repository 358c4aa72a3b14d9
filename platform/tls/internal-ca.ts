import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toPem } from '../contract/der.ts';
import { buildCertificate } from './certificate.ts';
import { assertPrivateFile, createPrivateFile, ensurePrivateFolder } from './private-file.ts';

/**
 * The certificate authority of one installation, made on first run, for its own transport only: the listener and mTLS
 * between services. It has nothing to do with the authorities that the certificate service runs for customers.
 *
 * Guarantees: the key never leaves its folder (0700, file 0600) and several processes may start on an empty folder at
 * once. Refuses to go on with a key others can read, a certificate that is not the key's, or an expired authority; it
 * never overwrites what it finds.
 */

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Clocks of peers may be behind. */
const BACKDATE_MS = 5 * 60_000;
const KEY_FILE = 'ca.key.pem';
const CERTIFICATE_FILE = 'ca.cert.pem';
const AUTHORITY_NAME = 'Parapet internal CA';

export interface InternalCa {
  readonly folder: string;
  /** PEM, to be trusted by clients. */
  readonly certificatePem: string;
  readonly certificate: X509Certificate;
  readonly key: KeyObject;
  readonly now: () => number;
}

export interface LeafOptions {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usages: readonly ('server' | 'client')[];
  /** Life in days from now, cut to the life of the authority. */
  readonly days: number;
  /** For example `spiffe://parapet/service/kms`. */
  readonly uriNames?: readonly string[];
}

export interface IssuedLeaf {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * Opens the authority in the folder, or makes it.
 * @param now milliseconds.
 * @throws Error that names the file and its state.
 */
export function ensureInternalCa(folder: string, now: () => number): InternalCa {
  ensurePrivateFolder(folder);
  const keyPath = join(folder, KEY_FILE);
  const certificatePath = join(folder, CERTIFICATE_FILE);
  if (!existsSync(keyPath)) {
    if (existsSync(certificatePath)) throw new Error(`internal ca certificate ${certificatePath} has lost its key`);
    createPrivateFile(keyPath, newPrivateKeyPem());
  }
  assertPrivateFile(keyPath);
  const key = readKey(keyPath);
  // A crash between the two files, or another process that is between them, leaves a key without a certificate.
  if (!existsSync(certificatePath)) createPrivateFile(certificatePath, selfSigned(key, now()));
  const certificatePem = readFileSync(certificatePath, 'utf8');
  const certificate = readCertificate(certificatePem, certificatePath);
  if (!certificate.checkPrivateKey(key))
    throw new Error(`internal ca certificate ${certificatePath} is not of its key`);
  if (!certificate.ca) throw new Error(`internal ca certificate ${certificatePath} is not an authority`);
  if (!(now() < Date.parse(certificate.validTo)))
    throw new Error(`internal ca certificate ${certificatePath} has expired`);
  return { folder, certificatePem, certificate, key, now };
}

/** Issues a certificate with a fresh P-256 key. Throws TypeError for malformed names. */
export function issueLeaf(ca: InternalCa, options: LeafOptions): IssuedLeaf {
  const privateKeyPem = newPrivateKeyPem();
  const publicKey = publicKeyOf(createPrivateKey(privateKeyPem));
  const now = ca.now();
  const certificate = buildCertificate(
    {
      subject: options.commonName,
      issuer: AUTHORITY_NAME,
      publicKey,
      issuerPublicKey: publicKeyOf(ca.key),
      notBeforeMs: now - BACKDATE_MS,
      notAfterMs: Math.min(now + options.days * DAY_MS, Date.parse(ca.certificate.validTo)),
      authority: false,
      usages: options.usages,
      names: { dnsNames: options.dnsNames, ipAddresses: options.ipAddresses, uriNames: options.uriNames ?? [] },
    },
    ca.key,
  );
  return { certificatePem: toPem('CERTIFICATE', certificate), privateKeyPem };
}

function selfSigned(key: KeyObject, now: number): string {
  const publicKey = publicKeyOf(key);
  const certificate = buildCertificate(
    {
      subject: AUTHORITY_NAME,
      issuer: AUTHORITY_NAME,
      publicKey,
      issuerPublicKey: publicKey,
      notBeforeMs: now - BACKDATE_MS,
      notAfterMs: now + AUTHORITY_DAYS * DAY_MS,
      authority: true,
      usages: [],
      names: { dnsNames: [], ipAddresses: [], uriNames: [] },
    },
    key,
  );
  return toPem('CERTIFICATE', certificate);
}

function newPrivateKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function readKey(path: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(path));
  } catch {
    throw new Error(`internal ca key ${path} is not a private key`);
  }
}

function readCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error(`internal ca certificate ${path} is not a certificate`);
  }
}
