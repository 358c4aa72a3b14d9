/**
 * What becomes of the organization: the file, what is there and what was last applied, put together field by field.
 * Answers the state before and after; how to get from one to the other is another question (`order/`).
 */
import { type Binding, bindKeys } from '../bind.ts';
import type { Policy } from '../choose.ts';
import type { Desired } from '../desired.ts';
import { type AppliedRecord, type LiveOrganization, modelOf, type RecordChange } from '../live.ts';
import { cloneModel, type Model } from '../model.ts';
import { decideAccounts, removeAccounts } from './accounts.ts';
import { decideAttachments } from './attachments.ts';
import type { Draft, Issue } from './draft.ts';
import { decidePolicies, decideTypes, fillFullAccess, removePolicies } from './policies.ts';
import { protectedChanges } from './protection.ts';
import { decideServices } from './services.ts';
import { decideRoot, decideUnits, removeUnits } from './units.ts';

export interface DecideOptions {
  prefer: Policy['prefer'];
  allowProtected: boolean;
}

export interface Decision {
  before: Model;
  after: Model;
  binding: Binding;
  /** What is remembered before anything changes. */
  records: RecordChange[];
  /** The plan cannot be applied as long as there are any. */
  conflicts: Issue[];
  warnings: Issue[];
}

export function decide(
  desired: Desired,
  live: LiveOrganization,
  remembered: readonly AppliedRecord[],
  { prefer, allowProtected }: DecideOptions,
): Decision {
  const binding = bindKeys(desired, live, remembered);
  const before = modelOf(live, binding.refOf);
  const draft: Draft = {
    desired,
    live,
    binding,
    before,
    after: cloneModel(before),
    policy: { prefer, repair: desired.repair },
    records: [...binding.changes],
    patches: new Map(),
    conflicts: [...binding.faults],
    warnings: [],
  };
  decideRoot(draft);
  decideUnits(draft);
  decideAccounts(draft);
  removeAccounts(draft);
  decideTypes(draft);
  decidePolicies(draft);
  decideAttachments(draft);
  fillFullAccess(draft);
  decideServices(draft);
  removeUnits(draft);
  removePolicies(draft);
  const { after, conflicts, warnings } = draft;
  const records = [...draft.records, ...draft.patches.values()];
  if (!allowProtected) conflicts.push(...protectedChanges(before, after, desired.protected));
  return { before, after, binding, records, conflicts, warnings };
}
