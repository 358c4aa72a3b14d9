/** Certificates and authorities (`acm-pca:certificate`, `acm-pca:certificate-authority`, `ext:certificate`). */
import { daysBetween, number, text, time } from '../read.ts';
import { COMPLIANT, insufficient, NOT_APPLICABLE, nonCompliant, type Predicate } from '../rule.ts';

const DAYS_PER_YEAR = 365.25;

export const certificateExpiry: Predicate = ({ configuration }, { now, params }) => {
  if (configuration.status === 'REVOKED') return NOT_APPLICABLE;
  const end = time(configuration, 'notAfter');
  if (end === undefined) return insufficient('the end of the certificate is not recorded');
  const days = daysBetween(now, end);
  if (days < 0) return nonCompliant('the certificate has expired');
  return days >= Number(params.days) ? COMPLIANT : nonCompliant(`the certificate expires in ${days} days`);
};

export const certificateStrength: Predicate = ({ configuration }) => {
  const algorithm = text(configuration, 'keyAlgorithm');
  const signature = text(configuration, 'signatureAlgorithm');
  if (algorithm === undefined || signature === undefined) return insufficient('the algorithms are not recorded');
  if (signature.toUpperCase().includes('SHA1')) return nonCompliant('the certificate is signed with SHA-1');
  if (!algorithm.startsWith('RSA')) return COMPLIANT;
  const bits = number(configuration, 'keyBits');
  if (bits === undefined) return insufficient('the size of the key is not recorded');
  return bits >= 2048 ? COMPLIANT : nonCompliant(`the RSA key has ${bits} bits`);
};

export const crlFresh: Predicate = ({ configuration }, { now }) => {
  if (configuration.crlEnabled === false) return nonCompliant('the revocation list is off');
  const next = time(configuration, 'crlNextUpdate');
  if (next === undefined) return insufficient('the revocation list is not recorded');
  return next > now ? COMPLIANT : nonCompliant('the revocation list is out of date');
};

export const authorityValidity: Predicate = ({ configuration }, { params }) => {
  const from = time(configuration, 'notBefore');
  const to = time(configuration, 'notAfter');
  const kind = text(configuration, 'caType');
  if (from === undefined || to === undefined || kind === undefined) return insufficient('the validity is not recorded');
  const years = daysBetween(from, to) / DAYS_PER_YEAR;
  const most = Number(kind === 'ROOT' ? params.rootYears : params.subordinateYears);
  if (years > most) return nonCompliant(`the authority is valid for ${Math.round(years)} years`);
  if (kind !== 'ROOT' && number(configuration, 'pathLength') === undefined) {
    return nonCompliant('the authority has no path length');
  }
  return COMPLIANT;
};
