/** Lints 1 to 11: what every certificate is made of. Numbers 1 and 4, strict
 * DER and the form of dates, are a matter of reading it: see `run.ts`. */
import { isCustom } from '../issuing.ts';
import { isForAuthorities } from '../template.ts';
import { DAY_MS, monthsLater } from '../validity.ts';
import { algorithmOf } from '../x509/algorithm.ts';
import { nameProblem } from '../x509/name.ts';
import { EXTENSION } from '../x509/oids.ts';
import { isCriticalAllowed } from './critical.ts';
import type { Lint, LintContext } from './lint.ts';

const SHORT_LIVED_MS = 7 * DAY_MS;

/** The first moment after the longest validity that the template has. */
function latestEnd(start: number, { maxValidity: max }: LintContext['template']): number {
  return 'years' in max ? monthsLater(start, max.years * 12) : start + max.days * DAY_MS;
}

const OF_ALL: readonly string[] = [
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extKeyUsage,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.certificatePolicies,
  EXTENSION.crlDistributionPoints,
  EXTENSION.authorityInfoAccess,
];

export const structureLints: readonly Lint[] = [
  {
    id: 2,
    name: 'version-and-algorithm',
    appliesTo: 'all',
    check({ version, innerAlgorithm, outerAlgorithm }, _context, say) {
      if (version !== 3) say.error(`the version is ${version}, not 3`);
      if (!innerAlgorithm.equals(outerAlgorithm)) say.error('the signature algorithms inside and outside differ');
      if (!algorithmOf(innerAlgorithm)) say.error('the signature algorithm is none of ours, or has other parameters');
    },
  },
  {
    id: 3,
    name: 'serial-number',
    appliesTo: 'all',
    check({ serial }, _context, say) {
      if ((serial[0] as number) >= 0x80 || serial.every((byte) => byte === 0))
        say.error('the serial number is not positive');
      if (serial.length < 9 || serial.length > 20)
        say.error(`the serial number has ${serial.length} octets, not 9 to 20`);
      if (new Set(serial.subarray(1)).size < 4) say.error('the serial number is not random');
    },
  },
  {
    id: 5,
    name: 'validity-order',
    appliesTo: 'all',
    check({ notBefore, notAfter }, { now }, say) {
      if (notBefore >= notAfter) say.error('the validity ends before it begins');
      if (notAfter < now) say.error('the validity is over already');
      if (notBefore > now) say.error('the validity begins in the future');
      if (notBefore < now - DAY_MS) say.error('the validity begins more than 24 hours ago');
    },
  },
  {
    id: 6,
    name: 'within-issuer',
    appliesTo: 'all',
    check({ notBefore, notAfter }, { now, issuer: { chain } }, say) {
      const [own, ...above] = chain;
      if (above.some((ancestor) => ancestor.notAfter < now)) say.error('an authority above has expired');
      if (!own) return;
      if (notAfter > own.notAfter)
        say.error(`the validity ends after that of the authority, ${new Date(own.notAfter).toISOString()}`);
      if (notBefore < own.notBefore)
        say.error(`the validity begins before that of the authority, ${new Date(own.notBefore).toISOString()}`);
    },
  },
  {
    id: 7,
    name: 'validity-length',
    appliesTo: 'all',
    check({ notBefore, notAfter }, { template, shortLived }, say) {
      const { maxValidity: max } = template;
      // The last second counts.
      const end = notAfter + 1000;
      if (end > latestEnd(notBefore, template))
        say.error(`the validity is longer than ${'years' in max ? `${max.years} years` : `${max.days} days`}`);
      if (shortLived && !isForAuthorities(template) && end > notBefore + SHORT_LIVED_MS)
        say.error('the authority issues certificates of 7 days at most');
    },
  },
  {
    id: 8,
    name: 'issuer-name',
    appliesTo: 'all',
    check({ issuer }, context, say) {
      if (!issuer.bytes.equals(context.issuer.subject.bytes))
        say.error('the issuer is not the subject of the authority, byte for byte');
    },
  },
  {
    id: 9,
    name: 'extension-list',
    appliesTo: 'all',
    check({ extensions, hasUniqueIds }, _context, say) {
      // Twice the same, or an empty list, is refused by reading.
      if (extensions.length === 0) say.error('there are no extensions');
      if (hasUniqueIds) say.error('there are unique identifiers');
    },
  },
  {
    id: 10,
    name: 'extension-allowed',
    appliesTo: 'all',
    check({ extensions }, { template }, say) {
      for (const { oid, critical } of extensions) {
        const isAllowed =
          OF_ALL.includes(oid) ||
          (oid === EXTENSION.subjectAltName && template.names !== 'none') ||
          (oid === EXTENSION.ocspNoCheck && template.ocspNoCheck) ||
          isCustom(oid, template);
        if (!isAllowed) say.error(`extension ${oid} is not for template ${template.name}`);
        if (critical && !isCriticalAllowed(oid))
          say.error(`extension ${oid} is critical, which clients would not know`);
      }
    },
  },
  {
    id: 11,
    name: 'subject-values',
    appliesTo: 'all',
    check({ subject }, _context, say) {
      const problem = nameProblem(subject);
      if (problem) say.error(`of the subject ${problem}`);
    },
  },
];
