/**
 * The way back: what a plan has touched, as it was before. Going back is a plan like any other, so it keeps the same
 * promises. Accounts that were made stay: there is nothing to go back to.
 */
import {
  cloneModel,
  type Mode,
  type Model,
  type ModelAccount,
  type ModelPolicy,
  type ModelUnit,
  type Ref,
  ROOT,
} from './model.ts';

/** null: it was not there. */
export interface Undo {
  units: Record<Ref, ModelUnit | null>;
  accounts: Record<Ref, ModelAccount | null>;
  policies: Record<Ref, ModelPolicy | null>;
  attachments: Record<Ref, Record<Ref, Mode>>;
  services: Record<string, boolean>;
  delegates: Record<string, Ref[]>;
}

export interface Touched {
  refs: ReadonlySet<Ref>;
  services: ReadonlySet<string>;
}

export function undoOf(before: Model, after: Model, { refs, services }: Touched): Undo {
  const undo: Undo = { units: {}, accounts: {}, policies: {}, attachments: {}, services: {}, delegates: {} };
  for (const ref of refs) {
    if (before.units.has(ref) || after.units.has(ref)) undo.units[ref] = before.units.get(ref) ?? null;
    if (before.accounts.has(ref) || after.accounts.has(ref)) undo.accounts[ref] = before.accounts.get(ref) ?? null;
    const policy = before.policies.get(ref);
    if (policy?.shipped) continue;
    if (policy || after.policies.has(ref)) undo.policies[ref] = policy ?? null;
    const existed = ref === ROOT || before.units.has(ref) || before.accounts.has(ref);
    if (existed) undo.attachments[ref] = Object.fromEntries(before.attachments.get(ref) ?? []);
  }
  for (const service of services) {
    undo.services[service] = before.services.has(service);
    undo.delegates[service] = [...(before.delegates.get(service) ?? [])];
  }
  return undo;
}

/** The organization with everything back in its place; units that hold something by now stay. */
export function goBack(now: Model, undo: Undo): Model {
  const then = cloneModel(now);
  for (const [ref, unit] of Object.entries(undo.units)) if (unit) then.units.set(ref, unit);
  for (const [ref, account] of Object.entries(undo.accounts)) {
    const present = then.accounts.get(ref);
    if (account && present && present.state !== 'CLOSED' && present.state !== 'PENDING_CLOSURE')
      then.accounts.set(ref, { ...account, email: present.email });
  }
  for (const [ref, policy] of Object.entries(undo.policies)) {
    if (policy) then.policies.set(ref, policy);
    else if (then.policies.has(ref)) {
      then.policies.delete(ref);
      for (const attached of then.attachments.values()) attached.delete(ref);
    }
  }
  for (const [target, attached] of Object.entries(undo.attachments))
    then.attachments.set(target, new Map(Object.entries(attached)));
  for (const [service, trusted] of Object.entries(undo.services)) {
    if (trusted) then.services.add(service);
    else then.services.delete(service);
    then.delegates.set(service, new Set(undo.delegates[service]));
  }
  removeMade(then, undo);
  return then;
}

/** Lowest first, as long as one of them is empty. */
function removeMade(then: Model, undo: Undo): void {
  const made = new Set(
    Object.entries(undo.units).flatMap(([ref, unit]) => (unit === null && then.units.has(ref) ? [ref] : [])),
  );
  for (let progress = true; progress; ) {
    progress = false;
    for (const ref of made) {
      if ([...then.units.values(), ...then.accounts.values()].some(({ parent }) => parent === ref)) continue;
      then.units.delete(ref);
      then.attachments.delete(ref);
      made.delete(ref);
      progress = true;
    }
  }
}
