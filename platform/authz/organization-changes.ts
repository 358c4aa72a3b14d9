/** What changed in the organization between two revisions, and the organization after it. */
import type { OrganizationData } from './organization-data.ts';

/**
 * `Objects` names everything that changed: roots, units, accounts, policies. The lists hold these objects as they are
 * now, with all that is attached to them; an object that is in none of them is gone.
 */
export interface OrganizationChanges
  extends Pick<OrganizationData, 'Revision' | 'Units' | 'Accounts' | 'Policies' | 'Attachments'> {
  readonly Objects: readonly string[];
}

/** INVARIANT: `changes` begin at the revision of `data`; then the result is what reading everything would answer. */
export function withChanges(data: OrganizationData, changes: OrganizationChanges): OrganizationData {
  const touched = new Set(changes.Objects);
  const merged = <T>(before: readonly T[], now: readonly T[], idOf: (item: T) => string): T[] => [
    ...before.filter((item) => !touched.has(idOf(item))),
    ...now,
  ];
  const own = ({ Id }: { readonly Id: string }) => Id;
  return {
    ...data,
    Revision: changes.Revision,
    Units: merged(data.Units, changes.Units, own),
    Accounts: merged(data.Accounts, changes.Accounts, own),
    Policies: merged(data.Policies, changes.Policies, own),
    Attachments: merged(data.Attachments, changes.Attachments, ({ TargetId }) => TargetId),
  };
}
