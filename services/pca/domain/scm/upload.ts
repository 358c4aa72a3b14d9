/**
 * What is uploaded, before it is kept: which of the certificates is meant, the chain above it in order, and what its owner
 * should know about it. Guarantees that every signature of the chain verifies. Refuses what has expired, unless that is
 * asked for, keys of kinds that are not kept, and files that hold anything else than certificates.
 */
import { MAX_CERTIFICATE_BYTES, type WARNINGS } from '../../api/scm/uploads.ts';
import * as read from '../der/reader.ts';
import { DAY_MS } from '../validity.ts';
import { type Certificate, readCertificate } from '../x509/certificate.ts';
import { readPem } from '../x509/pem.ts';
import { called, isComplete, isSelfIssued, type Link, linkOf, lowestOf, MAX_ABOVE, orderChain } from './chain.ts';
import { isWeakKey, isWeakSignature, publicKeyName, signatureName } from './facts.ts';

export interface Warning {
  Code: (typeof WARNINGS)[number];
  Message: string;
}

export interface Files {
  /** PEM, one or several blocks, or DER. */
  certificate: Buffer;
  chain: Buffer | undefined;
}

export interface Rules {
  now: number;
  allowExpired: boolean;
  /** A root at the end of the chain is left out. */
  dropRoot: boolean;
  /** Which of several certificates is the one of a key that came with them. */
  isKeyOf(certificate: Certificate): boolean | undefined;
}

export interface Upload {
  certificate: Certificate;
  /** Its issuer first. */
  chain: readonly Certificate[];
  warnings: readonly Warning[];
}

export type CheckedUpload = { ok: true; upload: Upload } | { ok: false; problem: string };

/** Names that a certificate is found by; more have no place in an index. */
export const MAX_NAMES = 1_000;
const LABELS = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE'];
const LEAST_RSA_BITS = 1_024;
const SOON_MS = 30 * DAY_MS;

/** Never throws. */
export function checkUpload(files: Files, rules: Rules): CheckedUpload {
  try {
    const own = linksOf(files.certificate, 'Certificate');
    const above = files.chain && files.chain.length > 0 ? linksOf(files.chain, 'CertificateChain') : [];
    if (typeof own === 'string') return refuse(own);
    if (typeof above === 'string') return refuse(above);
    const leaf = meant(own, rules);
    if (!leaf) return refuse('Certificate holds several certificates, and it is not clear which of them is meant');
    const problem = problemOf(leaf, rules);
    if (problem !== undefined) return refuse(problem);
    const ordered = orderChain(leaf, withoutRepeats([...own.filter((one) => one !== leaf), ...above]));
    if (!ordered.ok) return refuse(ordered.problem);
    const last = ordered.above.at(-1);
    const chain = rules.dropRoot && last && isSelfIssued(last) ? ordered.above.slice(0, -1) : ordered.above;
    const warnings = [...warningsOf(leaf, rules.now), ...chainWarnings(leaf, ordered.above)];
    return {
      ok: true,
      upload: { certificate: leaf.certificate, chain: chain.map(({ certificate }) => certificate), warnings },
    };
  } catch (error) {
    if (error instanceof read.DerError) return refuse(`a certificate cannot be read: ${error.message}`);
    throw error;
  }
}

const refuse = (problem: string): CheckedUpload => ({ ok: false, problem });

/** A text: why they are not read. */
function linksOf(file: Buffer, member: string): Link[] | string {
  const objects = file[0] === 0x30 ? read.readAll(file).map(({ bytes }) => bytes) : readPem(textOf(file), LABELS);
  if (!objects || objects.length === 0) return `${member} is neither PEM blocks of certificates nor DER`;
  if (objects.length > MAX_ABOVE + 1) return `${member} holds more than ${MAX_ABOVE + 1} certificates`;
  if (objects.some(({ length }) => length > MAX_CERTIFICATE_BYTES))
    return `a certificate is longer than ${MAX_CERTIFICATE_BYTES} bytes`;
  return objects.map((bytes) => linkOf(readCertificate(bytes)));
}

/** Tools write subject and issuer before each block: what stands outside of blocks is no part of PEM (RFC 7468 2). */
function textOf(file: Buffer): string {
  const blocks = file.toString('latin1').match(/-----BEGIN [A-Z0-9 ]{1,40}-----[^-]*-----END [A-Z0-9 ]{1,40}-----/g);
  return blocks?.join('\n') ?? '';
}

function meant(own: readonly Link[], { isKeyOf }: Rules): Link | undefined {
  if (own.length === 1) return own[0];
  return own.find(({ certificate }) => isKeyOf(certificate)) ?? lowestOf(own);
}

function problemOf({ certificate }: Link, { now, allowExpired }: Rules): string | undefined {
  const key = publicKeyName(certificate.publicKey);
  if (key === undefined) return 'the key of the certificate is neither RSA, nor of a NIST curve, nor Ed25519';
  if (key.startsWith('RSA_') && Number(key.slice(4)) < LEAST_RSA_BITS)
    return `the key of the certificate has fewer than ${LEAST_RSA_BITS} bits`;
  if ((certificate.facts.subjectAltNames ?? []).length > MAX_NAMES)
    return `the certificate has more than ${MAX_NAMES} names`;
  if (certificate.notAfter < now && !allowExpired)
    return `the certificate has expired on ${date(certificate.notAfter)}; AllowExpired takes it all the same`;
  return undefined;
}

function withoutRepeats(links: readonly Link[]): Link[] {
  const seen = new Set<string>();
  return links.filter(({ certificate }) => {
    const bytes = certificate.bytes.toString('latin1');
    return !seen.has(bytes) && seen.add(bytes);
  });
}

function warningsOf({ certificate }: Link, now: number): Warning[] {
  const warnings: Warning[] = [];
  const warn = (Code: Warning['Code'], Message: string) => warnings.push({ Code, Message });
  const key = publicKeyName(certificate.publicKey) ?? '';
  if (isWeakKey(key)) warn('WEAK_KEY', `the key is ${key}, which is too short`);
  const { notBefore, notAfter } = certificate;
  if (notAfter < now) warn('EXPIRED', `the certificate has expired on ${date(notAfter)}`);
  else if (notAfter < now + SOON_MS) warn('EXPIRES_SOON', `the certificate expires on ${date(notAfter)}`);
  if (notBefore > now) warn('NOT_YET_VALID', `the certificate is not valid before ${date(notBefore)}`);
  return warnings;
}

function chainWarnings(leaf: Link, above: readonly Link[]): Warning[] {
  const warnings: Warning[] = [];
  for (const link of [leaf, ...above]) {
    const name = signatureName(link.certificate.outerAlgorithm);
    // The signature of a root is looked at by nobody.
    if (isWeakSignature(name) && !(isSelfIssued(link) && link !== leaf))
      warnings.push({ Code: 'WEAK_SIGNATURE', Message: `${called(link)} is signed with ${name}` });
    if (link !== leaf && isWeakKey(publicKeyName(link.certificate.publicKey) ?? ''))
      warnings.push({ Code: 'WEAK_KEY', Message: `the key of ${called(link)} is too short` });
    if (link.certificate.notAfter < leaf.certificate.notAfter)
      warnings.push({ Code: 'CHAIN_EXPIRES_FIRST', Message: `${called(link)} expires before the certificate` });
  }
  const last = above.at(-1) ?? leaf;
  if (!isComplete(last))
    warnings.push({ Code: 'INCOMPLETE_CHAIN', Message: `the issuer of ${called(last)} is missing` });
  return warnings;
}

const date = (time: number) => new Date(time).toISOString().slice(0, 10);
