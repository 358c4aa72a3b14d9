/**
 * The certificate of an authority, with the chain above it, before it is imported. Guarantees that it is for the key and
 * the name of the authority, and that a chain of certificates leads to a root, each signed by the next, none of them
 * limited to less than what is below it.
 */

import { DerError } from './der/reader.ts';
import { MAX_CHAIN } from './limits.ts';
import { isCriticalAllowed } from './lint/critical.ts';
import { MAX_LEVELS } from './template.ts';
import { type Certificate, isAuthority, isSignedBy, readCertificate } from './x509/certificate.ts';
import { constraintProblem } from './x509/name-constraints.ts';
import { EXTENSION } from './x509/oids.ts';
import { readOnePem, readPem } from './x509/pem.ts';

const LABELS = ['CERTIFICATE', 'X509 CERTIFICATE'];

export interface Imported {
  certificate: Certificate;
  /** From its issuer to the root. */
  chain: readonly Certificate[];
}

export interface ImportProblem {
  code: 'MalformedCertificate' | 'CertificateMismatch' | 'InvalidRequest';
  message: string;
}

export type Checked = { ok: true; imported: Imported } | { ok: false; problem: ImportProblem };

interface Wanted {
  type: 'ROOT' | 'SUBORDINATE';
  publicKey: Buffer;
  /** Of its certificate request: the whole Name. */
  subject: Buffer;
}

export function checkImport(certificate: Buffer, chain: Buffer | undefined, authority: Wanted, now: number): Checked {
  const refuse = (code: ImportProblem['code'], message: string): Checked => ({ ok: false, problem: { code, message } });
  const own = readOnePem(certificate, LABELS);
  const above = chain && chain.length > 0 ? readPem(chain.toString('latin1'), LABELS) : [];
  if (!own) return refuse('MalformedCertificate', 'the certificate is neither DER nor one PEM block');
  if (!above) return refuse('MalformedCertificate', 'the chain is not a list of PEM blocks');
  if (above.length > MAX_CHAIN)
    return refuse('MalformedCertificate', `the chain is longer than ${MAX_CHAIN} certificates`);
  try {
    const imported = { certificate: readCertificate(own), chain: above.map(readCertificate) };
    const problem = ownProblem(imported, authority, now) ?? chainProblem(imported, now);
    return problem ? { ok: false, problem } : { ok: true, imported };
  } catch (error) {
    if (error instanceof DerError) return refuse('MalformedCertificate', error.message);
    throw error;
  }
}

function ownProblem({ certificate, chain }: Imported, authority: Wanted, now: number): ImportProblem | undefined {
  const malformed = (message: string): ImportProblem => ({ code: 'MalformedCertificate', message });
  if (!certificate.publicKey.equals(authority.publicKey))
    return { code: 'CertificateMismatch', message: 'the certificate is for another key' };
  if (!certificate.subject.bytes.equals(authority.subject))
    return { code: 'CertificateMismatch', message: 'the subject of the certificate is not that of the authority' };
  const isSelfSigned = certificate.issuer.bytes.equals(certificate.subject.bytes);
  if (authority.type === 'ROOT' && (!isSelfSigned || chain.length > 0))
    return { code: 'InvalidRequest', message: 'the certificate of a root is signed by itself and has no chain' };
  if (authority.type === 'SUBORDINATE' && isSelfSigned)
    return { code: 'InvalidRequest', message: 'the certificate of a subordinate authority is not signed by itself' };
  if (authority.type === 'SUBORDINATE' && chain.length === 0)
    return malformed('the chain above the certificate is missing');
  const { keyUsage = [], subjectKeyId } = certificate.facts;
  if (!keyUsage.includes('KeyCertSign')) return malformed('its key may not sign certificates');
  if (subjectKeyId?.length === 0 || !subjectKeyId) return malformed('it has no subject key identifier');
  if (certificate.notAfter < now) return malformed('its validity is over');
  for (const { oid, critical } of certificate.extensions) {
    if (critical && !isCriticalAllowed(oid)) return malformed(`its extension ${oid} must not be critical`);
    if (critical && oid === EXTENSION.policyConstraints)
      return malformed('its policy constraints must not be critical');
  }
  return undefined;
}

/** RFC 5280 6.1, as far as it is about authorities: signatures, names, constraints, path lengths, dates. */
function chainProblem({ certificate, chain }: Imported, now: number): ImportProblem | undefined {
  const malformed = (message: string): ImportProblem => ({ code: 'MalformedCertificate', message });
  const path = [certificate, ...chain];
  if (path.length > MAX_LEVELS) return malformed(`a hierarchy has at most ${MAX_LEVELS} levels`);
  for (const [at, one] of path.entries()) {
    const name = `certificate ${at + 1} of the path`;
    const issuer = path[at + 1] ?? one;
    if (one.version !== 3 || !isAuthority(one) || !isCritical(one))
      return malformed(`${name} is not one of an authority`);
    if (!one.issuer.bytes.equals(issuer.subject.bytes))
      return malformed(`${name} is not issued by the next one: the chain is out of order, or does not end with a root`);
    if (!isSignedBy(one, issuer.publicKey)) return malformed(`the signature of ${name} does not verify`);
    if (one.notAfter < now || one.notBefore > now) return malformed(`${name} is not valid now`);
    const limit = one.facts.basicConstraints?.pathLength;
    if (limit !== undefined && at > limit) return malformed(`${name} permits no such path below it`);
    const constraints = one.facts.nameConstraints;
    for (const below of path.slice(0, at)) {
      const named = { subject: below.subject, names: below.facts.subjectAltNames ?? [] };
      const problem = constraints && constraintProblem(named, constraints);
      if (problem) return malformed(`${problem} by the name constraints of ${name}`);
    }
  }
  return undefined;
}

function isCritical({ extensions }: Certificate): boolean {
  return extensions.some(({ oid, critical }) => oid === EXTENSION.basicConstraints && critical);
}
