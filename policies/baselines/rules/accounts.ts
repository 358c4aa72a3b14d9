/** Accounts as the organization sees them (`organizations:account`) and where things may stand. */
import { daysBetween, flag, number, tag, text, texts, time } from '../read.ts';
import { COMPLIANT, fromFlag, insufficient, NOT_APPLICABLE, nonCompliant, type Predicate } from '../rule.ts';

export const accountInUnit: Predicate = ({ configuration, createdAt }, { account, now, params }) => {
  if (account.management) return NOT_APPLICABLE;
  if (account.units.length < 2) return nonCompliant('the account is in no organizational unit');
  if (account.unitNames.at(-1) !== String(params.quarantine)) return COMPLIANT;
  const since = time(configuration, 'movedAt') ?? createdAt;
  if (since === undefined) return insufficient('how long the account is in quarantine is not recorded');
  const days = daysBetween(since, now);
  return days < 1 ? COMPLIANT : nonCompliant(`the account is in quarantine for ${days} days`);
};

/** No ceiling binds the management account, so nothing that needs one may live there. */
export const managementAccountEmpty: Predicate = (item, { account, params }) => {
  if (!account.management) return NOT_APPLICABLE;
  const allowed = tag(item, String(params.allowTag));
  return allowed === 'true' ? COMPLIANT : nonCompliant(`a ${item.type} stands in the management account`);
};

export const securityContact: Predicate = ({ configuration }) => {
  if (configuration.securityContact === undefined) return insufficient('the security contact is not recorded');
  return text(configuration, 'securityContact') ? COMPLIANT : nonCompliant('the account has no security contact');
};

export const mandatoryTags: Predicate = (item, { params }) => {
  const missing = (params.tags as readonly string[]).filter((key) => !tag(item, key));
  return missing.length === 0 ? COMPLIANT : nonCompliant(`the tags ${missing.join(', ')} are missing`);
};

/** Production stands under a ceiling of its own and not only under the one that allows everything. */
export const ceilingInForce: Predicate = ({ configuration }, { account, params }) => {
  if (account.management) return NOT_APPLICABLE;
  if (!account.unitNames.some((name) => (params.units as readonly string[]).includes(name))) return NOT_APPLICABLE;
  const ceilings = texts(configuration, 'guardrails');
  if (!ceilings) return insufficient('the ceilings of the account are not recorded');
  return ceilings.some((arn) => !arn.endsWith('p-FullAWSAccess'))
    ? COMPLIANT
    : nonCompliant('no ceiling but the one that allows everything binds the account');
};

/** The record of the account is written, kept and carried away as it must be. */
export const auditOn: Predicate = ({ configuration }) => {
  return fromFlag(flag(configuration, 'auditEnabled'), 'the state of the audit record', 'the audit record is off');
};

export const auditRetention: Predicate = ({ configuration }, { params }) => {
  const days = number(configuration, 'auditRetentionDays');
  if (days === undefined) return insufficient('the retention of the audit record is not recorded');
  return days >= Number(params.minDays) ? COMPLIANT : nonCompliant(`audit records are kept for ${days} days`);
};

export const auditExport: Predicate = ({ configuration }, { params }) => {
  const seconds = number(configuration, 'auditExportLagSeconds');
  if (seconds === undefined) return insufficient('the export of the audit record is not recorded');
  return seconds <= Number(params.maxSeconds)
    ? COMPLIANT
    : nonCompliant(`the export of the audit record lags ${seconds} seconds behind`);
};
