/**
 * How far a caller sees. An account sees itself; the management account and the delegated administrators of the
 * service `config` see all members. What is outside the reach answers exactly what a missing one answers.
 */
import { noResource, type Resolved } from '../../../../platform/runtime/call.ts';
import type { OrgDeps } from '../../deps.ts';
import type { Places } from '../../domain/detective/places.ts';
import type { Rulebook } from '../../domain/detective/rulebook.ts';
import type { AnyCall } from '../standing.ts';

export interface Viewer {
  book: Rulebook;
  places: Places;
  accountId: string;
  /** Sees all members. */
  office: boolean;
}

export async function viewerOf(call: AnyCall, deps: OrgDeps): Promise<Viewer> {
  const book = await deps.detective.rulebook(deps.store.read, call.now);
  const { accountId } = call.caller;
  return { book, places: book.places, accountId, office: book.places.isOffice(accountId) };
}

/** `resolve` of lists. */
export async function asViewer(call: AnyCall, deps: OrgDeps): Promise<Resolved<Viewer>> {
  return { ...noResource(), state: await viewerOf(call, deps) };
}

export const outOfReach = (call: AnyCall, what: string) => call.fail('NotFound', `${what} is not there to be seen`);

/** The accounts a list is about: one account, those below a unit, or all that the viewer sees. */
export function chosenAccounts(
  call: AnyCall,
  viewer: Viewer,
  filter: { AccountId?: string | undefined; UnitId?: string | undefined },
): readonly string[] {
  const { places, accountId } = viewer;
  let chosen = places.reach(accountId);
  if (filter.UnitId !== undefined) {
    if (!viewer.office || !places.units.has(filter.UnitId)) throw outOfReach(call, `unit ${filter.UnitId}`);
    chosen = places.accountsUnder(filter.UnitId);
  }
  if (filter.AccountId !== undefined) {
    if (!places.reaches(accountId, filter.AccountId)) throw outOfReach(call, `account ${filter.AccountId}`);
    chosen = chosen.filter((id) => id === filter.AccountId);
  }
  return chosen;
}

/** May `accountId` put something in force for the target? Itself always; the management account for everything. */
export function mayBind({ places, accountId }: Viewer, target: string): boolean {
  if (target === accountId) return true;
  if (accountId !== places.managementAccountId) return false;
  return places.units.has(target) || places.place(target) !== undefined;
}
