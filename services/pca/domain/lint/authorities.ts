/** Lints 16 to 22: certificates of authorities. */
import { MAX_LEVELS } from '../template.ts';
import type { Certificate } from '../x509/certificate.ts';
import { EXTENSION } from '../x509/oids.ts';
import { keyIdentifier } from '../x509/public-key.ts';
import type { Lint } from './lint.ts';

/** What the path lengths of all authorities above leave for the one that issues. */
function lowestLimit(chain: readonly Certificate[]): number | undefined {
  const limits = chain.flatMap(({ facts }, at) => {
    const length = facts.basicConstraints?.pathLength;
    return length === undefined ? [] : [length - at];
  });
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

export const authorityLints: readonly Lint[] = [
  {
    id: 16,
    name: 'authority-basic-constraints',
    appliesTo: 'authority',
    check({ extensions, facts }, { issuer: { chain }, template }, say) {
      const own = facts.basicConstraints;
      const isCritical = extensions.some(({ oid, critical }) => oid === EXTENSION.basicConstraints && critical);
      if (!own?.authority || !isCritical)
        return say.error('the basic constraints are not critical, or say that it is none');
      const limit = lowestLimit(chain);
      if (limit !== undefined && limit <= 0)
        say.error('the authority may not issue for other authorities: its path length is 0');
      else if (limit !== undefined && (own.pathLength === undefined || own.pathLength >= limit))
        say.error(`the path length is not below that of the authority, ${limit}`);
      if (template.kind === 'subordinate' && chain.length + 1 > MAX_LEVELS)
        say.error(`a hierarchy has at most ${MAX_LEVELS} levels`);
    },
  },
  {
    id: 17,
    name: 'authority-key-usage',
    appliesTo: 'authority',
    check({ extensions, facts: { keyUsage = [] } }, _context, say) {
      if (!extensions.some(({ oid, critical }) => oid === EXTENSION.keyUsage && critical))
        say.error('the key usage is missing or not critical');
      if (!keyUsage.includes('KeyCertSign') || !keyUsage.includes('CRLSign'))
        say.error('the key may not sign certificates and lists of revoked ones');
      if (keyUsage.includes('KeyEncipherment') || keyUsage.includes('DataEncipherment'))
        say.error('the key of an authority encrypts nothing');
    },
  },
  {
    id: 18,
    name: 'authority-key-identifier',
    appliesTo: 'authority',
    check({ facts: { subjectKeyId }, publicKey }, _context, say) {
      // Our authorities put this into their certificates, so that is what stands in those below.
      if (!subjectKeyId?.equals(keyIdentifier(publicKey)))
        say.error('the subject key identifier is missing or not that of the key');
    },
  },
  {
    id: 19,
    name: 'root',
    appliesTo: 'authority',
    check(certificate, { template, issuer }, say) {
      if (template.kind !== 'root') return;
      if (!certificate.subject.bytes.equals(certificate.issuer.bytes))
        say.error('subject and issuer of the root differ');
      // Its signature is verified with this key before it is stored.
      if (!certificate.publicKey.equals(issuer.publicKey))
        say.error('the key of the root is not that of the authority');
      const { extKeyUsage, crlUris, access, policies } = certificate.facts;
      if (extKeyUsage || crlUris || access || policies)
        say.error('a root has no extended key usage, policies, or places to look for more');
    },
  },
  {
    id: 20,
    name: 'subordinate-places',
    appliesTo: 'authority',
    check({ facts: { crlUris, access, extKeyUsage, nameConstraints } }, { template, crlUri }, say) {
      if (template.kind !== 'subordinate') return;
      // An authority that publishes no list has nothing to point to.
      if (crlUri !== undefined && !crlUris) say.error('the place of the list of revoked authorities is missing');
      if (access?.some(({ uri }) => !uri?.startsWith('http://')))
        say.error('the place of the certificate of the authority is not an http URI');
      if (!extKeyUsage && !nameConstraints)
        say.warn('nothing limits the purposes and names the authority may issue for');
    },
  },
  {
    id: 21,
    name: 'name-constraints',
    appliesTo: 'all',
    check({ extensions, facts }, { template }, say) {
      const extension = extensions.find(({ oid }) => oid === EXTENSION.nameConstraints);
      // Empty lists, distances and masks with gaps are refused by reading.
      if (!extension) return;
      if (template.kind === 'end-entity') say.error('only authorities have name constraints');
      if (!extension.critical) say.error('the name constraints are not critical');
      if (facts.nameConstraints?.permitted.length === 0)
        say.warn('names are excluded but none permitted: everything else can be issued');
    },
  },
  {
    id: 22,
    name: 'authority-namesakes',
    appliesTo: 'authority',
    check({ facts }, { known: { namesakes } }, say) {
      if (namesakes.some(({ sameKey, sameConstraints }) => sameKey && !sameConstraints))
        say.warn('another authority has the same key and subject under other constraints');
      const isTold = facts.subjectKeyId !== undefined && facts.authorityKeyId !== undefined;
      if (namesakes.some(({ sameKey }) => !sameKey) && !isTold)
        say.warn('another authority has the same subject and another key, and no key identifier tells them apart');
    },
  },
];
