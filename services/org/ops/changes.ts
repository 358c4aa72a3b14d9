/** How operations change the organization: one at a time, and the revision moves last. */
import type { ErrorDetails } from '../../../platform/contract/error.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { type Call, type Change, change } from '../../../platform/runtime/call.ts';
import { ORGANIZATION } from '../../../platform/runtime/change-hub.ts';
import { type AnyTransaction, isUniqueViolation } from '../../../platform/store/index.ts';
import type { OrgDeps } from '../deps.ts';
import { type ChangeNote, noteChange } from '../store/change-notes.ts';
import type { OrganizationRow, Tx } from '../store/db.ts';
import { lockOrganization } from '../store/organization.ts';

/**
 * What a change has in its hands under the lock of the organization, whoever makes it: an operation, or a step of a
 * landing zone. The rules of a change are written once, over this (`unit-changes.ts` and the like).
 */
export interface Changing extends Fails {
  deps: OrgDeps;
  tx: Tx;
  organization: OrganizationRow;
  now: number;
}

/** `throw at.fail(...)`. */
export interface Fails {
  fail(code: string, message: string, options?: { hint?: string; details?: ErrorDetails }): Error;
}

/** What changed, for the feed. */
export interface Changed {
  kind: string;
  objectId: string;
}

/**
 * INVARIANT: the revision is the last statement of the transaction, so whoever has seen a revision has seen every
 * change up to it. The row of the organization is locked first: counts, depths and attachments that were checked
 * still hold at the commit.
 */
export function organizationChange<T>(
  deps: OrgDeps,
  call: Call<AnyOperation>,
  organization: OrganizationRow,
  changed: Changed,
  work: (at: Changing) => Promise<T>,
): Change<T> {
  return change(
    async (tx) => {
      await lockOrFail(tx as Tx, call, organization);
      const output = await work(changing(deps, call, organization, tx as Tx));
      await noteChange(tx as Tx, noteOf(call, changed.objectId));
      await raiseRevision(deps, tx, changed, organization.management_account_id);
      return output;
    },
    () => deps.hub.publish(ORGANIZATION),
  );
}

/** A write that no guardrail and no path depends on (names, tags, invitations). */
export function plainChange<T>(
  deps: OrgDeps,
  call: Call<AnyOperation>,
  organization: OrganizationRow,
  objectId: string,
  work: (at: Changing) => Promise<T>,
): Change<T> {
  return change(async (tx) => {
    await lockOrFail(tx as Tx, call, organization);
    const output = await work(changing(deps, call, organization, tx as Tx));
    await noteChange(tx as Tx, noteOf(call, objectId));
    return output;
  });
}

function changing(deps: OrgDeps, call: Call<AnyOperation>, organization: OrganizationRow, tx: Tx): Changing {
  return { deps, tx, organization, now: call.now, fail: call.fail };
}

/** Who changed it, for whoever asks later how it came to be like that. */
function noteOf({ eventId, now, operation, caller }: Call<AnyOperation>, objectId: string): ChangeNote {
  return { event_id: eventId, object_id: objectId, at: now, operation: operation.name, actor: caller.arn };
}

async function lockOrFail(tx: Tx, call: Call<AnyOperation>, organization: OrganizationRow): Promise<void> {
  if (await lockOrganization(tx, organization.organization_id)) return;
  const code = 'OrganizationsNotInUse' in call.operation.errors ? 'OrganizationsNotInUse' : 'HandshakeNotFound';
  throw call.fail(code, 'the organization was deleted');
}

export async function raiseRevision(
  deps: OrgDeps,
  tx: AnyTransaction,
  changed: Changed,
  accountId: string,
): Promise<void> {
  await deps.store.bumpVersion(tx, { ...changed, accountId });
}

/** Runs an insert or update and answers `taken` when a name is not free; the transaction is then abandoned. */
export async function unlessTaken(write: Promise<void>, taken: () => Error): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (isUniqueViolation(error)) throw taken();
    throw error;
  }
}
