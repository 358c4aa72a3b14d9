/** Secrets (`secretsmanager:secret`), by the configuration that the vault service documents. */
import { daysBetween, flag, texts, time } from '../read.ts';
import { COMPLIANT, insufficient, nonCompliant, type Predicate } from '../rule.ts';

export const secretRotation: Predicate = ({ configuration }, { now, params }) => {
  const on = flag(configuration, 'rotationEnabled');
  if (on === undefined) return insufficient('rotation is not recorded');
  if (!on) return nonCompliant('rotation is off');
  if (configuration.lastRotationFailed === true) return nonCompliant('the last rotation failed');
  const rotated = time(configuration, 'lastRotatedAt');
  if (rotated === undefined) return insufficient('the last rotation is not recorded');
  const days = daysBetween(rotated, now);
  return days <= Number(params.maxDays) ? COMPLIANT : nonCompliant(`the secret is ${days} days old`);
};

export const secretRead: Predicate = ({ configuration, createdAt }, { now, params }) => {
  const read = time(configuration, 'lastAccessedAt') ?? createdAt;
  if (read === undefined) return insufficient('the last reading is not recorded');
  const days = daysBetween(read, now);
  return days <= Number(params.maxDays) ? COMPLIANT : nonCompliant(`nobody read the secret for ${days} days`);
};

export const secretInsideOrganization: Predicate = ({ configuration }, { account }) => {
  const named = texts(configuration, 'policyAccounts');
  if (!named) return insufficient('the resource policy is not recorded');
  const foreign = named.find((id) => !account.organization.has(id));
  return foreign === undefined ? COMPLIANT : nonCompliant(`the resource policy names ${foreign}`);
};
