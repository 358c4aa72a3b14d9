/** A certificate from elsewhere for the detective engine: what rules judge of it, as it was verified. */
import type { ConfigurationItem } from '../../../../platform/contract/configuration.ts';
import { publicKeyName, signatureName } from '../../domain/scm/facts.ts';
import { nameText } from '../../domain/x509/name.ts';
import { CERTIFICATE_TYPE } from '../projects.ts';
import { shownNames } from '../search/listed.ts';
import type { KeptRecord } from './kept-access.ts';

/** Of 255 characters, each of which may need six: within MAX_CONFIGURATION_TEXT. The fingerprint is of all of them. */
const MOST_NAMES = 25;
const iso = (time: number) => new Date(time).toISOString();

/** Whether it has expired is not in it: nothing changes then, and NotAfter says it. */
export function keptItem({ row, arn, tags, certificate }: KeptRecord): ConfigurationItem {
  const keyAlgorithm = publicKeyName(certificate.publicKey);
  return {
    Arn: arn,
    Type: CERTIFICATE_TYPE,
    AccountId: row.account_id,
    Name: row.name,
    CreatedAt: row.created_at,
    Tags: { ...tags },
    Configuration: JSON.stringify({
      source: row.source,
      description: row.description,
      state: row.state,
      version: row.certificate_version,
      enterpriseProject: row.enterprise_project_id,
      serial: row.serial,
      fingerprint: row.fingerprint,
      subject: nameText(certificate.subject).slice(0, 1024),
      issuer: nameText(certificate.issuer).slice(0, 1024),
      names: shownNames(certificate, MOST_NAMES).map((name) => name.slice(0, 255)),
      notBefore: iso(row.not_before),
      notAfter: iso(row.not_after),
      ...(keyAlgorithm !== undefined && { keyAlgorithm }),
      signatureAlgorithm: signatureName(certificate.outerAlgorithm),
      publicKeyHash: row.public_key_hash,
      hasPrivateKey: row.has_key === 1,
      hasChain: row.chain !== null,
      ...(row.revoked_at !== null && { revokedAt: iso(row.revoked_at), revocationReason: row.revocation_reason }),
      ...(row.restorable_until !== null && { restorableUntil: iso(row.restorable_until) }),
    }),
    Deleted: false,
  };
}
