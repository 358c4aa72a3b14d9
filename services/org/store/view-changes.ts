/** What changed since a revision: so much less than the whole organization that every change can be told at once. */
import type { OutputOf } from '../../../platform/contract/operation.ts';
import type { GetOrganizationChanges } from '../api/internal.ts';
import type { Db } from './db.ts';
import { theOrganization } from './organization.ts';
import { readAccounts, readAttachments, readPolicies, readUnits } from './view.ts';

export type ViewChanges = OutputOf<typeof GetOrganizationChanges>;

/** Commits that are told one by one; with more, the whole view is read. */
const MOST_COMMITS = 200;

/**
 * Reads in one snapshot: the objects are as they are at the revision.
 *
 * INVARIANT: an entry of the feed names every object whose part of the view its commit changed, or its kind is not one
 * of `OBJECTS`. The property test of the operations compares what a node knows by changes with the whole view.
 */
export async function readChanges(view: Db, since: number, partition: string): Promise<ViewChanges> {
  const { v } = await view.selectFrom('global_version').select('v').where('id', '=', 1).executeTakeFirstOrThrow();
  const isNear = v > since && v - since <= MOST_COMMITS;
  const organization = isNear ? await theOrganization(view) : undefined;
  const ids = organization && (await objectsChanged(view, since, v));
  if (!organization || !ids) return { Revision: v };
  return {
    Revision: v,
    Changes: {
      Objects: ids,
      Units: await readUnits(view, ids),
      Accounts: await readAccounts(view, ids),
      Policies: await readPolicies(view, organization, partition, ids),
      Attachments: await readAttachments(view, ids),
    },
  };
}

/** What the id in an entry of the feed stands for; entries of other kinds may change anything. */
const OBJECTS: Readonly<Record<string, (objectId: string) => string>> = {
  unit: (id) => id,
  account: (id) => id,
  policy: (id) => id,
  // `target/policy`: everything that is attached to the target.
  attachment: (id) => id.slice(0, id.indexOf('/')),
};

/** Undefined: the feed does not tell. */
async function objectsChanged(view: Db, since: number, until: number): Promise<string[] | undefined> {
  const entries = await view
    .selectFrom('change_log')
    .select(['kind', 'object_id'])
    .where('v', '>', since)
    .where('v', '<=', until)
    .execute();
  // Pruned in between.
  if (entries.length !== until - since) return undefined;
  const ids = new Set<string>();
  for (const { kind, object_id } of entries) {
    const object = OBJECTS[kind]?.(object_id);
    if (object === undefined) return undefined;
    ids.add(object);
  }
  return [...ids];
}
