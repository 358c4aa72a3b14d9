/** What collectors register from outside: volumes, databases, buckets, backups. */
import { daysBetween, flag, text, texts, time } from '../read.ts';
import { COMPLIANT, type Facts, type Item, insufficient, nonCompliant, type Outcome, type Predicate } from '../rule.ts';

const NO_KEY = 'which key the data is encrypted with is not recorded';

/** Encrypted, and with an enabled key of this organization that the account may use: declared is not enough. */
export const encryptedWithOurKey: Predicate = (item, facts) => {
  const encrypted = flag(item.configuration, 'encrypted');
  if (encrypted === undefined) return insufficient('encryption is not recorded');
  if (!encrypted) return nonCompliant('the data is not encrypted');
  return keyIsOurs(item, facts);
};

function keyIsOurs(item: Item, { item: find, account }: Facts): Outcome {
  const arn = text(item.configuration, 'kmsKeyArn');
  if (arn === undefined) return nonCompliant(NO_KEY);
  const key = find(arn);
  if (key?.type !== 'kms:key') return nonCompliant(`there is no key ${arn} that the account may use`);
  if (!account.organization.has(key.accountId)) return nonCompliant('the key belongs to another organization');
  const state = text(key.configuration, 'state');
  return state === 'Enabled' ? COMPLIANT : nonCompliant(`the key is ${state ?? 'unknown'}`);
}

const MOST_RELATIONS = 20;

/** The items that a verdict may rest on besides the item itself: the key, and what the collector names as related. */
export function relationsOf({ configuration }: Item): readonly string[] {
  const keys = [text(configuration, 'kmsKeyArn'), text(configuration, 'targetKeyArn')];
  const named = texts(configuration, 'relatedArns') ?? [];
  return [...keys.filter((arn) => arn !== undefined), ...named.slice(0, MOST_RELATIONS)];
}

export const bucketClosed: Predicate = (item, facts) => {
  const open = flag(item.configuration, 'public');
  if (open === undefined) return insufficient('who can read the bucket is not recorded');
  if (open) return nonCompliant('the bucket is public');
  return encryptedWithOurKey(item, facts);
};

export const backupFresh: Predicate = ({ configuration }, { now, params }) => {
  const taken = time(configuration, 'completedAt');
  if (taken === undefined) return insufficient('the time of the backup is not recorded');
  const days = daysBetween(taken, now);
  return days < Number(params.maxDays) ? COMPLIANT : nonCompliant(`the last backup is ${days} days old`);
};
