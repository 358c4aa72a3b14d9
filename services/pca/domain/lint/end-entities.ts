/** Lints 23 to 34: certificates of everybody else, and what they share with those of authorities. */

import type { Template } from '../template.ts';
import { DAY_MS } from '../validity.ts';
import type { Certificate } from '../x509/certificate.ts';
import { generalNameText, nameSyntaxProblem, spiffeProblem } from '../x509/general-name.ts';
import { nameText, valuesOf } from '../x509/name.ts';
import { constraintProblem } from '../x509/name-constraints.ts';
import { ATTRIBUTE, EXTENSION, USAGE } from '../x509/oids.ts';
import { readPublicKey } from '../x509/public-key.ts';
import type { Lint, Say } from './lint.ts';

const MAX_BYTES = 8192;
export const MAX_NAMES = 100;

const namesOf = ({ facts }: Certificate) => facts.subjectAltNames ?? [];
const isCritical = ({ extensions }: Certificate, id: string) =>
  extensions.some(({ oid, critical }) => oid === id && critical);

/** A rule about every name of some kinds. */
function aboutNames(id: number, name: string, kinds: readonly string[]): Lint {
  return {
    id,
    name,
    appliesTo: 'all',
    check(certificate, _context, say) {
      for (const one of namesOf(certificate)) {
        const problem = kinds.includes(one.kind) ? nameSyntaxProblem(one) : undefined;
        if (problem) say.error(problem);
      }
    },
  };
}

/** SECURITY: names nobody asked about are not issued along with the others. Undefined: of any kind. */
const KINDS_OF: Readonly<Record<Template['names'], readonly string[] | undefined>> = {
  server: ['dns', 'ip', 'uri'],
  workload: ['uri'],
  mail: ['email'],
  optional: undefined,
  none: [],
};

const OTHER_KINDS: readonly string[] = ['uri', 'email', 'directory'];

/** Top-level domains that are nobody's but the network's own (RFC 2606, 6761, 6762, and ICANN's `internal`). */
const PRIVATE_ZONES: ReadonlySet<string> = new Set(
  'internal local lan corp home private intranet test example invalid localhost'.split(' '),
);

/** Purposes that are never mixed with others: whoever has such a key is trusted by those who ask for nothing else. */
const ALONE: readonly string[] = [USAGE.ocspSigning, USAGE.timeStamping];

/** Undefined: lints 12 and 13 say why. */
function familyOf(publicKey: Buffer): 'RSA' | 'EC' | undefined {
  try {
    return readPublicKey(publicKey).family;
  } catch {
    return undefined;
  }
}

function usageProblems({ facts: { keyUsage = [], extKeyUsage = [] }, publicKey }: Certificate, say: Say): void {
  const family = familyOf(publicKey);
  if (family === 'EC' && keyUsage.some((usage) => usage === 'KeyEncipherment' || usage === 'DataEncipherment'))
    say.error('nothing is encrypted to an elliptic curve key');
  if (family === 'RSA' && keyUsage.includes('KeyAgreement')) say.error('an RSA key agrees on nothing');
  const only = keyUsage.includes('EncipherOnly') || keyUsage.includes('DecipherOnly');
  if (only && !keyUsage.includes('KeyAgreement')) say.error('EncipherOnly and DecipherOnly need KeyAgreement');
  if (extKeyUsage.includes(USAGE.any)) say.error('anyExtendedKeyUsage permits every purpose');
  if (extKeyUsage.length > 1 && extKeyUsage.some((usage) => ALONE.includes(usage)))
    say.error('OCSP signing and time stamping are never mixed with other purposes');
  if (new Set(extKeyUsage).size !== extKeyUsage.length) say.error('a purpose occurs twice');
}

export const endEntityLints: readonly Lint[] = [
  {
    id: 23,
    name: 'no-authority',
    appliesTo: 'end-entity',
    check({ facts: { basicConstraints, keyUsage = [] } }, _context, say) {
      if (basicConstraints?.authority) say.error('the basic constraints make it an authority');
      if (keyUsage.includes('KeyCertSign') || keyUsage.includes('CRLSign'))
        say.error('the key may sign certificates or lists of revoked ones');
    },
  },
  {
    id: 24,
    name: 'usages',
    appliesTo: 'end-entity',
    check(certificate, { template, issuer: { chain } }, say) {
      usageProblems(certificate, say);
      const { extKeyUsage = [] } = certificate.facts;
      for (const { subject, facts } of chain) {
        const permitted = facts.extKeyUsage ?? [USAGE.any];
        // A responder speaks for its authority, whatever that may issue.
        const other = extKeyUsage.find((usage) => usage !== USAGE.ocspSigning && !permitted.includes(usage));
        if (other !== undefined && !permitted.includes(USAGE.any))
          say.error(`authority ${nameText(subject)} may not issue for the purpose ${other}`);
      }
      if (template.extKeyUsage && template.extKeyUsage.join() !== extKeyUsage.join())
        say.error(`the purposes are not those of template ${template.name}`);
      const isAlone = extKeyUsage.includes(USAGE.timeStamping);
      if (isAlone !== isCritical(certificate, EXTENSION.extKeyUsage))
        say.error('the extended key usage is critical for time stamping, and only for that');
    },
  },
  {
    id: 25,
    name: 'subject-names',
    appliesTo: 'end-entity',
    check(certificate, { template }, say) {
      const names = namesOf(certificate);
      const isNameless = certificate.subject.attributes.length === 0;
      if (isNameless && names.length === 0) say.error('it names nobody: neither a subject nor an alternative name');
      if (names.length > 0 && isCritical(certificate, EXTENSION.subjectAltName) !== isNameless)
        say.error('alternative names are critical when the subject is empty, and only then');
      if (template.names === 'mail' && !names.some(({ kind }) => kind === 'email'))
        say.error('a certificate for mail has at least one mailbox');
      const isServer =
        template.names === 'server' ||
        (template.names === 'optional' && certificate.facts.extKeyUsage?.includes(USAGE.serverAuth) === true);
      if (!isServer) return;
      if (names.length === 0) say.error('a server has at least one alternative name');
      const texts = new Set(names.map((name) => generalNameText(name).toLowerCase()));
      const other = valuesOf(certificate.subject, ATTRIBUTE.commonName).find((cn) => !texts.has(cn.toLowerCase()));
      if (other !== undefined) say.error(`the common name ${other} is not one of the alternative names`);
    },
  },
  aboutNames(26, 'host-names', ['dns']),
  {
    id: 27,
    name: 'wildcards',
    appliesTo: 'all',
    check(certificate, { template }, say) {
      const wild = namesOf(certificate).filter((name) => name.kind === 'dns' && name.value.startsWith('*.'));
      if (wild.length > 0 && template.names !== 'server')
        say.warn('a wildcard stands in a certificate that is not made for servers');
      for (const name of wild) {
        // That it is the whole first label and not bare is the syntax of host names.
        const [, ...domain] = generalNameText(name).split('.');
        if (domain.length < 2 && !PRIVATE_ZONES.has(domain.at(-1) ?? ''))
          say.error(`${generalNameText(name)} stands for all of a top-level domain`);
      }
    },
  },
  aboutNames(28, 'addresses', ['ip']),
  {
    id: 29,
    name: 'uris-and-mailboxes',
    appliesTo: 'all',
    check(certificate, { template }, say) {
      const names = namesOf(certificate);
      const allowed = KINDS_OF[template.names];
      for (const { kind } of names)
        if (allowed && !allowed.includes(kind))
          say.error(`a name of kind ${kind} is not for template ${template.name}`);
      const uris = names.flatMap((name) => (name.kind === 'uri' ? [name] : []));
      for (const name of names) {
        const problem = OTHER_KINDS.includes(name.kind) ? nameSyntaxProblem(name) : undefined;
        if (problem) say.error(problem);
      }
      const isSpiffe = uris.some(({ value }) => value.startsWith('spiffe:'));
      if (isSpiffe && uris.length !== 1) say.error('a workload has one URI');
      if (template.names !== 'workload') return;
      const [id] = uris;
      const problem = !id || uris.length !== 1 ? 'is missing' : spiffeProblem(id.value);
      if (problem) say.error(`the SPIFFE id ${problem}`);
    },
  },
  {
    id: 30,
    name: 'within-name-constraints',
    appliesTo: 'all',
    check(certificate, { issuer: { chain } }, say) {
      for (const ancestor of chain) {
        const { nameConstraints } = ancestor.facts;
        const named = { subject: certificate.subject, names: namesOf(certificate) };
        const problem = nameConstraints && constraintProblem(named, nameConstraints);
        if (problem)
          say.error(`${problem} by the name constraints of authority ${ancestor.subject.attributes.at(-1)?.value}`);
      }
    },
  },
  {
    id: 31,
    name: 'key-identifiers',
    appliesTo: 'all',
    check(certificate, { issuer }, say) {
      const { authorityKeyId } = certificate.facts;
      if (!authorityKeyId?.onlyKeyId || !authorityKeyId.keyId?.equals(issuer.keyId))
        say.error('the authority key identifier is not that of the authority, or says more');
      if (
        isCritical(certificate, EXTENSION.authorityKeyIdentifier) ||
        isCritical(certificate, EXTENSION.subjectKeyIdentifier)
      )
        say.error('a key identifier is critical');
    },
  },
  {
    id: 32,
    name: 'revocation-places',
    appliesTo: 'all',
    check(certificate, { template, crlUri }, say) {
      const { crlUris, access } = certificate.facts;
      if (template.ocspNoCheck) {
        if (!certificate.extensions.some(({ oid }) => oid === EXTENSION.ocspNoCheck))
          say.error('ocsp-nocheck is missing');
        if (crlUris || access) say.error('the certificate of a responder points to no list and no responder');
        return;
      }
      if (!crlUris) return;
      const [uris, ...others] = crlUris;
      if (others.length > 0 || uris?.length !== 1 || uris[0] !== crlUri || !crlUri?.startsWith('http://'))
        say.error('the distribution point is not the one http URI of the list');
      if (isCritical(certificate, EXTENSION.crlDistributionPoints)) say.error('the distribution point is critical');
    },
  },
  {
    id: 33,
    name: 'revocable',
    appliesTo: 'end-entity',
    check({ facts: { crlUris, access }, notBefore, notAfter }, { template }, say) {
      if (!template.ocspNoCheck && !crlUris && !access && notAfter - notBefore > 7 * DAY_MS)
        say.warn('nobody can learn that it was revoked, and it is valid for more than 7 days');
    },
  },
  {
    id: 34,
    name: 'size',
    appliesTo: 'all',
    check(certificate, _context, say) {
      if (certificate.bytes.length > MAX_BYTES) say.error(`the certificate is longer than ${MAX_BYTES} bytes`);
      if (namesOf(certificate).length > MAX_NAMES) say.error(`there are more than ${MAX_NAMES} alternative names`);
    },
  },
];
