/** Users and their credentials (`iam:user`). */
import { daysBetween, flag, objects, texts, time } from '../read.ts';
import {
  COMPLIANT,
  fromFlag,
  insufficient,
  type JsonObject,
  NOT_APPLICABLE,
  nonCompliant,
  type Outcome,
  type Predicate,
} from '../rule.ts';

const active = (keys: readonly JsonObject[]) => keys.filter((key) => key.status === 'Active');

export const accessKeyAge: Predicate = ({ configuration }, { now, params }) => {
  const keys = objects(configuration, 'accessKeys');
  if (!keys) return insufficient('access keys are not recorded');
  for (const key of active(keys)) {
    const created = time(key, 'createdAt');
    if (created === undefined) return insufficient('the age of an access key is not recorded');
    const days = daysBetween(created, now);
    if (days > Number(params.maxDays)) return nonCompliant(`access key ${String(key.id)} is ${days} days old`);
  }
  return COMPLIANT;
};

export const credentialsUsed: Predicate = ({ configuration }, { now, params }) => {
  const keys = objects(configuration, 'accessKeys');
  if (!keys) return insufficient('access keys are not recorded');
  for (const key of active(keys)) {
    const last = time(key, 'lastUsedAt') ?? time(key, 'createdAt');
    if (last === undefined) return insufficient('the use of an access key is not recorded');
    const days = daysBetween(last, now);
    if (days >= Number(params.maxDays))
      return nonCompliant(`access key ${String(key.id)} was not used for ${days} days`);
  }
  return COMPLIANT;
};

export const oneAccessKey: Predicate = ({ configuration }) => {
  const keys = objects(configuration, 'accessKeys');
  if (!keys) return insufficient('access keys are not recorded');
  const count = active(keys).length;
  return count <= 1 ? COMPLIANT : nonCompliant(`the user has ${count} active access keys`);
};

export const userMfa: Predicate = ({ configuration }) => {
  const access = flag(configuration, 'consoleAccess');
  if (access === undefined) return insufficient('console access is not recorded');
  if (!access) return NOT_APPLICABLE;
  return fromFlag(flag(configuration, 'mfaEnabled'), 'the second factor', 'the user has a password and no MFA');
};

export const permissionsThroughGroups: Predicate = ({ configuration }) => {
  const attached = texts(configuration, 'attachedPolicies');
  const inline = objects(configuration, 'inlinePolicies');
  if (!attached || !inline) return insufficient('policies of the user are not recorded');
  const count = attached.length + inline.length;
  return count === 0 ? COMPLIANT : nonCompliant(`the user has ${count} policies of its own`);
};

/**
 * Separation of duties: nobody may be in groups of two offices, and no role may hold the policies of two. The lists are
 * of office=group and office=policy pairs, so that one office may have several.
 */
export const separationOfDuties: Predicate = ({ type, configuration }, { params }) => {
  if (type === 'iam:role') {
    const policies = texts(configuration, 'attachedPolicies')?.map((arn) => arn.slice(arn.lastIndexOf('/') + 1));
    if (!policies) return insufficient('the policies of the role are not recorded');
    return oneOffice('role', policies, params.policies as readonly string[]);
  }
  const groups = texts(configuration, 'groups');
  if (!groups) return insufficient('the groups of the user are not recorded');
  return oneOffice('user', groups, params.offices as readonly string[]);
};

function oneOffice(who: string, names: readonly string[], pairs: readonly string[]): Outcome {
  const held = new Set<string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (names.includes(pair.slice(equals + 1))) held.add(pair.slice(0, equals));
  }
  return held.size <= 1 ? COMPLIANT : nonCompliant(`the ${who} holds the offices ${[...held].sort().join(' and ')}`);
}
