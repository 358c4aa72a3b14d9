/**
 * The way from a certificate up to a root, out of certificates in any order. Guarantees that each certificate was issued
 * and signed by the next one, and that none is left over. Signatures are verified by OpenSSL: certificates from elsewhere
 * may be signed in ways in which ours are not.
 */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { DerError } from '../der/reader.ts';
import { type Certificate, isAuthority, readCertificate } from '../x509/certificate.ts';
import { nameText } from '../x509/name.ts';

/** Certificates above one another that are accepted. */
export const MAX_ABOVE = 10;

/** A certificate, and as OpenSSL has it. */
export interface Link {
  certificate: Certificate;
  x509: X509Certificate;
}

export type Ordered = { ok: true; above: Link[] } | { ok: false; problem: string };

export function linkOf(certificate: Certificate): Link {
  return { certificate, x509: new X509Certificate(certificate.bytes) };
}

export function isSelfIssued({ certificate: { issuer, subject } }: Link): boolean {
  return issuer.bytes.equals(subject.bytes);
}

/** The certificates above `leaf`, its issuer first. */
export function orderChain(leaf: Link, given: readonly Link[]): Ordered {
  const above: Link[] = [];
  const left = given.filter(({ certificate }) => !certificate.bytes.equals(leaf.certificate.bytes));
  for (let below = leaf; ; ) {
    if (isSelfIssued(below)) {
      if (!isSignedBy(below, below)) return unsigned(below, below);
      break;
    }
    const issuers = left.filter((one) => issued(one, below));
    const issuer = issuers.find((one) => isSignedBy(below, one));
    if (!issuer && issuers[0]) return unsigned(below, issuers[0]);
    if (!issuer) break;
    left.splice(left.indexOf(issuer), 1);
    above.push(issuer);
    if (above.length > MAX_ABOVE) return refuse(`the chain has more than ${MAX_ABOVE} certificates`);
    below = issuer;
  }
  const [stray] = left;
  if (stray) return refuse(`${called(stray)} stands in the chain, and is not above the certificate`);
  return { ok: true, above };
}

/** Whether nothing is missing: the last one is a root, or one that a public root has issued. */
export function isComplete(last: Link): boolean {
  return isSelfIssued(last) || publicRoots().some((root) => issued(root, last) && isSignedBy(last, root));
}

/** The only one that has issued none of the others. */
export function lowestOf(links: readonly Link[]): Link | undefined {
  const lowest = links.filter((one) => !links.some((other) => other !== one && issued(one, other)));
  return lowest.length === 1 ? lowest[0] : undefined;
}

function issued(issuer: Link, below: Link): boolean {
  const { version } = issuer.certificate;
  return (version < 3 || isAuthority(issuer.certificate)) && below.x509.checkIssued(issuer.x509);
}

function isSignedBy(below: Link, issuer: Link): boolean {
  try {
    return below.x509.verify(issuer.x509.publicKey);
  } catch {
    // A key that OpenSSL cannot use.
    return false;
  }
}

let roots: readonly Link[] | undefined;

/** Those that this version of Node trusts, as far as they can be read. */
function publicRoots(): readonly Link[] {
  roots ??= rootCertificates.flatMap((pem) => {
    const x509 = new X509Certificate(pem);
    try {
      return [{ certificate: readCertificate(x509.raw), x509 }];
    } catch (error) {
      if (error instanceof DerError) return [];
      throw error;
    }
  });
  return roots;
}

const refuse = (problem: string): Ordered => ({ ok: false, problem });

const unsigned = (below: Link, issuer: Link) =>
  refuse(`the signature of ${called(below)} is not by the key of ${called(issuer)}`);

export function called({ certificate }: Link): string {
  return `"${nameText(certificate.subject).slice(0, 200)}"`;
}
