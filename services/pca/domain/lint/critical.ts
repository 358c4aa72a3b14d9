/** Extensions that may be critical: those that every client knows (spec pca 1.2). */
import { EXTENSION } from '../x509/oids.ts';

const MAY_BE_CRITICAL: ReadonlySet<string> = new Set([
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.basicConstraints,
  EXTENSION.certificatePolicies,
  EXTENSION.extKeyUsage,
  EXTENSION.inhibitAnyPolicy,
  EXTENSION.issuerAltName,
  EXTENSION.keyUsage,
  EXTENSION.nameConstraints,
  EXTENSION.policyMappings,
  EXTENSION.policyConstraints,
  EXTENSION.subjectAltName,
  EXTENSION.subjectDirectoryAttributes,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.subjectInfoAccess,
]);

export function isCriticalAllowed(oid: string): boolean {
  return MAY_BE_CRITICAL.has(oid);
}
