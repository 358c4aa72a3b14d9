/** Customer keys (`kms:key`). */
import { daysBetween, flag, number, tag, text, texts, time } from '../read.ts';
import { COMPLIANT, type Item, insufficient, NOT_APPLICABLE, nonCompliant, type Predicate } from '../rule.ts';

const ROTATING_SPEC = 'SYMMETRIC_DEFAULT';
const isGone = ({ configuration }: Item) => configuration.state === 'PendingDeletion';

/** Only symmetric keys that were made here can rotate. The facts are called what GetKeyRotationStatus calls them. */
export const keyRotation: Predicate = (item, { params }) => {
  const { configuration } = item;
  const spec = text(configuration, 'spec');
  const origin = text(configuration, 'origin');
  if (spec === undefined || origin === undefined) return insufficient('spec and origin of the key are not recorded');
  if (spec !== ROTATING_SPEC || origin !== 'AWS_KMS' || isGone(item)) return NOT_APPLICABLE;
  const on = flag(configuration, 'KeyRotationEnabled');
  if (on === undefined) return insufficient('rotation is not recorded');
  if (!on) return nonCompliant('rotation is off');
  const days = number(configuration, 'RotationPeriodInDays');
  if (days === undefined) return insufficient('the rotation period is not recorded');
  if (days <= Number(params.maxDays)) return COMPLIANT;
  return nonCompliant(`the key rotates every ${days} days`);
};

/** A key that waits for its end does so long enough, and somebody has signed for it. */
export const keyDeletion: Predicate = (item, { params }) => {
  const state = text(item.configuration, 'state');
  if (state === undefined) return insufficient('the state of the key is not recorded');
  if (state !== 'PendingDeletion') return COMPLIANT;
  const window = number(item.configuration, 'pendingWindowDays');
  if (window === undefined) return insufficient('the waiting period of the key is not recorded');
  if (window < Number(params.minDays)) return nonCompliant(`the key is deleted ${window} days after it was asked for`);
  const ticket = tag(item, String(params.ticketTag));
  return ticket ? COMPLIANT : nonCompliant(`the key is pending deletion without the tag ${String(params.ticketTag)}`);
};

export const keyInsideOrganization: Predicate = ({ configuration }, { account }) => {
  const named = texts(configuration, 'policyAccounts');
  if (!named) return insufficient('the key policy is not recorded');
  const foreign = named.find((id) => !account.organization.has(id));
  if (foreign === undefined) return COMPLIANT;
  return nonCompliant(foreign === '*' ? 'the key policy names everybody' : `the key policy names account ${foreign}`);
};

export const keyUsed: Predicate = (item, { now, params }) => {
  if (item.configuration.state !== 'Enabled') return NOT_APPLICABLE;
  const used = time(item.configuration, 'lastUsedAt') ?? item.createdAt;
  if (used === undefined) return insufficient('the use of the key is not recorded');
  const days = daysBetween(used, now);
  return days <= Number(params.maxDays) ? COMPLIANT : nonCompliant(`the key was not used for ${days} days`);
};

/** An alias points at a key that can be used. */
export const aliasLeadsSomewhere: Predicate = ({ configuration }, facts) => {
  const target = text(configuration, 'targetKeyArn');
  if (target === undefined) return insufficient('where the alias leads is not recorded');
  const key = facts.item(target);
  if (!key) return insufficient(`key ${target} is not recorded`);
  const state = text(key.configuration, 'state');
  return state === 'Enabled' ? COMPLIANT : nonCompliant(`the alias leads to a key that is ${state ?? 'unknown'}`);
};
