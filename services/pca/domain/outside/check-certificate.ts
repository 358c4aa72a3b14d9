/**
 * Whether what an outside CA issued is what was asked for: for our key, for exactly the names, valid now, no authority, and
 * below an authority that is trusted.
 */

import { writeCertificateId } from '../acme/renewal-info.ts';
import { DerError } from '../der/reader.ts';
import { type Certificate, isAuthority, isSignedBy, readCertificate, serialText } from '../x509/certificate.ts';
import { readPem } from '../x509/pem.ts';
import type { Facts } from './certificate.ts';

export const MAX_OUTSIDE_CHAIN = 8;
const CLOCKS_MS = 3_600_000;

export interface Expected {
  names: readonly string[];
  /** SubjectPublicKeyInfo. */
  publicKey: Buffer;
  now: number;
  /** Whether a certificate is one of a trusted authority, or directly below one. */
  isAnchored(certificate: Certificate): boolean;
}

export interface CheckedChain {
  leaf: Buffer;
  /** Above it, the issuer first. */
  above: Buffer[];
  facts: Omit<Facts, 'names' | 'keyAlgorithm'>;
}

export type Checked = { ok: true; chain: CheckedChain } | { ok: false; problem: string };

/** @param pem as the CA answers it. Never throws. */
export function checkIssued(pem: string, expected: Expected): Checked {
  const blocks = readPem(pem, ['CERTIFICATE']);
  if (!blocks || blocks.length === 0 || blocks.length > MAX_OUTSIDE_CHAIN)
    return { ok: false, problem: 'the CA answered something else than certificates' };
  try {
    const certificates = blocks.map(readCertificate);
    const problem = leafProblem(certificates[0]!, expected) ?? chainProblem(certificates, expected);
    if (problem !== undefined) return { ok: false, problem };
    const [leaf, ...above] = certificates as [Certificate, ...Certificate[]];
    return { ok: true, chain: { leaf: leaf.bytes, above: above.map(({ bytes }) => bytes), facts: factsOf(leaf) } };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return { ok: false, problem: `a certificate cannot be read: ${error.message}` };
  }
}

function leafProblem(leaf: Certificate, { names, publicKey, now }: Expected): string | undefined {
  if (!leaf.publicKey.equals(publicKey)) return 'the certificate is for another key';
  const found = (leaf.facts.subjectAltNames ?? []).map((name) => (name.kind === 'dns' ? name.value.toLowerCase() : ''));
  if ([...new Set(found)].sort().join(' ') !== [...names].sort().join(' '))
    return 'the certificate is for other names than were asked for';
  if (isAuthority(leaf)) return 'the certificate is one of an authority';
  if (leaf.notBefore > now + CLOCKS_MS || leaf.notAfter <= now) return 'the certificate is not valid now';
  return undefined;
}

function chainProblem(certificates: readonly Certificate[], { now, isAnchored }: Expected): string | undefined {
  for (const [at, certificate] of certificates.entries()) {
    if (isAnchored(certificate)) return undefined;
    const issuer = certificates[at + 1];
    if (!issuer) break;
    if (!isAuthority(issuer) || !certificate.issuer.bytes.equals(issuer.subject.bytes))
      return 'the chain of the certificate is not in order';
    if (issuer.notAfter <= now || issuer.notBefore > now + CLOCKS_MS)
      return 'the chain of the certificate is not valid now';
    if (!isSignedBy(certificate, issuer.publicKey))
      return 'a signature in the chain of the certificate does not verify';
  }
  return 'the chain of the certificate does not lead to an authority that is trusted';
}

/** @param anchors certificates of trusted authorities */
export function anchoredBy(anchors: readonly Certificate[]): Expected['isAnchored'] {
  return (certificate) =>
    anchors.some(
      (anchor) =>
        anchor.bytes.equals(certificate.bytes) ||
        (certificate.issuer.bytes.equals(anchor.subject.bytes) && isSignedBy(certificate, anchor.publicKey)),
    );
}

/** Those of a bundle that can be read; the others anchor nothing. */
export function readAnchors(blocks: readonly Buffer[]): Certificate[] {
  return blocks.flatMap((bytes) => {
    try {
      return [readCertificate(bytes)];
    } catch (error) {
      if (error instanceof DerError) return [];
      throw error;
    }
  });
}

function factsOf(leaf: Certificate): CheckedChain['facts'] {
  const { serial, notBefore, notAfter, facts } = leaf;
  const keyId = facts.authorityKeyId?.keyId;
  return {
    serial: serialText(serial),
    ...{ notBefore, notAfter },
    ...(keyId && { renewalId: writeCertificateId({ keyId, serial }) }),
  };
}
