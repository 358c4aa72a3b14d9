/** The root user of an account (`iam:root`). */
import { daysBetween, flag, objects, time } from '../read.ts';
import { COMPLIANT, fromFlag, insufficient, NOT_APPLICABLE, nonCompliant, type Predicate } from '../rule.ts';

/** A root user that nobody can log in as needs no second factor. */
export const rootMfa: Predicate = ({ configuration }) => {
  if (flag(configuration, 'loginEnabled') === false) return COMPLIANT;
  return fromFlag(flag(configuration, 'mfaEnabled'), 'the second factor', 'the root user can log in without MFA');
};

export const rootMfaHardware: Predicate = ({ configuration }) => {
  if (flag(configuration, 'loginEnabled') === false) return NOT_APPLICABLE;
  const hardware = flag(configuration, 'mfaHardware');
  return fromFlag(hardware, 'the kind of the second factor', 'the second factor of the root user is not a device');
};

export const rootAccessKeys: Predicate = ({ configuration }) => {
  const keys = objects(configuration, 'accessKeys');
  if (!keys) return insufficient('access keys are not recorded');
  return keys.length === 0 ? COMPLIANT : nonCompliant(`the root user has ${keys.length} access key(s)`);
};

export const rootUnused: Predicate = ({ configuration }, { now, params }) => {
  if (configuration.lastUsedAt === null) return COMPLIANT;
  const used = time(configuration, 'lastUsedAt');
  if (used === undefined) return insufficient('the last use is not recorded');
  const days = daysBetween(used, now);
  return days >= Number(params.days) ? COMPLIANT : nonCompliant(`the root user was used ${days} day(s) ago`);
};

export const passwordPolicy: Predicate = ({ configuration }, { params }) => {
  const policy = configuration.passwordPolicy;
  if (policy === undefined) return insufficient('the password policy is not recorded');
  if (policy === null) return nonCompliant('the account has no password policy');
  if (typeof policy !== 'object' || Array.isArray(policy)) return insufficient('the password policy is unreadable');
  const { minLength, reusePrevention } = policy as { minLength?: unknown; reusePrevention?: unknown };
  if (typeof minLength !== 'number') return insufficient('the least password length is not recorded');
  if (minLength < Number(params.minLength)) return nonCompliant(`passwords may have ${minLength} characters`);
  const remembered = typeof reusePrevention === 'number' ? reusePrevention : 0;
  if (remembered < Number(params.reuse)) return nonCompliant(`${remembered} former passwords are remembered`);
  return COMPLIANT;
};
