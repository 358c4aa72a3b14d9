/** Every kind of resource of the vault, in the order in which lists walk through them. */
import type { CcmsDeps } from '../../deps.ts';
import { credentialRoles } from './credential-roles.ts';
import { functions } from './functions.ts';
import type { Gone, OwnedKind, OwnedResource } from './kind.ts';
import { secrets } from './secrets.ts';
import { targets } from './targets.ts';

export const KINDS: readonly OwnedKind[] = [secrets, targets, credentialRoles, functions];

export async function findOwned(
  deps: CcmsDeps,
  arn: string,
): Promise<{ kind: OwnedKind; found: OwnedResource | Gone | 'damaged' } | undefined> {
  for (const kind of KINDS) {
    const found = await kind.find(deps, arn);
    if (found) return { kind, found };
  }
  return undefined;
}

/** Where a walk through all kinds stands: the kind, and the last of its ids. */
export interface Place {
  kind: OwnedKind;
  after: string;
}

export const positionOf = ({ type }: OwnedKind, id: string) => `${type}/${id}`;

/** The kinds that are still to be walked through, with where each begins. Undefined: no position of ours. */
export function kindsAfter(position: string | undefined): Place[] | undefined {
  if (position === undefined) return KINDS.map((kind) => ({ kind, after: '' }));
  const at = position.indexOf('/');
  const first = KINDS.findIndex(({ type }) => type === position.slice(0, at));
  if (first < 0) return undefined;
  return KINDS.slice(first).map((kind, step) => ({ kind, after: step === 0 ? position.slice(at + 1) : '' }));
}
