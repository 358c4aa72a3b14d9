/** What is said of several kinds of identities: their policies and their tags. */
import { allowsEverything } from '../../domain/wide-policy.ts';
import type { Db } from '../db.ts';

/** Of a list of names inside a configuration, so that its text stays within MAX_CONFIGURATION_TEXT. */
export const MOST_NAMES = 500;
/** Inline policies; those that allow everything come first, so that none of them is left out. */
const MOST_INLINE = 200;

/** Attached and inline policies of users, groups or roles. */
export async function permissionsOf(db: Db, owners: readonly string[]) {
  const attached = await db
    .selectFrom('attachment')
    .select(['owner_id', 'policy_arn'])
    .where('owner_id', 'in', owners)
    .orderBy('policy_arn')
    .execute();
  const inline = await db
    .selectFrom('inline_policy')
    .select(['owner_id', 'name', 'document', 'digest'])
    .where('owner_id', 'in', owners)
    .orderBy('name_key')
    .execute();
  return (owner: string) => {
    const inlinePolicies = inline
      .filter((row) => row.owner_id === owner)
      .map((row) => ({ name: row.name, digest: row.digest, allowsEverything: allowsEverything(row.document) }))
      .sort((a, b) => Number(b.allowsEverything) - Number(a.allowsEverything))
      .slice(0, MOST_INLINE);
    const attachedPolicies = attached.filter((row) => row.owner_id === owner).map((row) => row.policy_arn);
    return { attachedPolicies, inlinePolicies };
  };
}

/** By unique id, or by the serial number of a device. */
export async function tagsOfOwners(db: Db, owners: readonly string[]): Promise<Map<string, Record<string, string>>> {
  const rows = await db
    .selectFrom('tag')
    .select(['owner_id', 'key', 'value'])
    .where('owner_id', 'in', owners)
    .execute();
  const found = new Map<string, Record<string, string>>();
  for (const { owner_id, key, value } of rows) found.set(owner_id, { ...found.get(owner_id), [key]: value });
  return found;
}

export const iso = (time: number) => new Date(time).toISOString();
