/**
 * The organization as plans see it: objects by reference, not by id, so that one model holds what exists and what is
 * still to be made. A reference is the key of the file, or `@` and the id of what no landing zone manages.
 */

export type Ref = string;
export const ROOT: Ref = 'root';

export const POLICY_TYPES = ['SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY'] as const;
export type PolicyType = (typeof POLICY_TYPES)[number];
export type Mode = 'enforce' | 'observe';
export type AccountState = 'PENDING_ACTIVATION' | 'ACTIVE' | 'SUSPENDED' | 'PENDING_CLOSURE' | 'CLOSED';

export interface ModelUnit {
  name: string;
  parent: Ref;
}

export interface ModelAccount {
  name: string;
  email: string | undefined;
  parent: Ref;
  state: AccountState;
  tags: Readonly<Record<string, string>>;
  /** No guardrail binds it. */
  management: boolean;
}

export interface ModelPolicy {
  name: string;
  description: string;
  type: PolicyType;
  content: string;
  /** Ships with the product; never changes. */
  shipped: boolean;
}

export interface Model {
  types: Set<PolicyType>;
  units: Map<Ref, ModelUnit>;
  accounts: Map<Ref, ModelAccount>;
  policies: Map<Ref, ModelPolicy>;
  /** By target: root, unit or account. */
  attachments: Map<Ref, Map<Ref, Mode>>;
  services: Set<string>;
  /** Accounts by service principal. */
  delegates: Map<string, Set<Ref>>;
}

export const unmanaged = (id: string): Ref => `@${id}`;
export const isManaged = (ref: Ref): boolean => !ref.startsWith('@');

/** The policies that allow everything, attached to whatever is new. */
export const FULL_ACCESS: Readonly<Record<PolicyType, Ref>> = {
  SERVICE_CONTROL_POLICY: unmanaged('p-FullAWSAccess'),
  RESOURCE_CONTROL_POLICY: unmanaged('p-RCPFullAWSAccess'),
};

export function cloneModel(model: Model): Model {
  return {
    types: new Set(model.types),
    units: new Map([...model.units].map(([ref, unit]) => [ref, { ...unit }])),
    accounts: new Map([...model.accounts].map(([ref, account]) => [ref, { ...account }])),
    policies: new Map([...model.policies].map(([ref, policy]) => [ref, { ...policy }])),
    attachments: new Map([...model.attachments].map(([ref, attached]) => [ref, new Map(attached)])),
    services: new Set(model.services),
    delegates: new Map([...model.delegates].map(([service, accounts]) => [service, new Set(accounts)])),
  };
}

export function attachedTo(model: Model, target: Ref): ReadonlyMap<Ref, Mode> {
  return model.attachments.get(target) ?? NOTHING;
}
const NOTHING: ReadonlyMap<Ref, Mode> = new Map();

/** From the unit itself up to the root, the root included; a parent that is missing ends it. */
export function chainOf(model: Model, parent: Ref): Ref[] {
  const chain: Ref[] = [];
  for (let at: Ref | undefined = parent; at !== undefined && !chain.includes(at); ) {
    chain.push(at);
    at = at === ROOT ? undefined : model.units.get(at)?.parent;
  }
  return chain;
}

/** Units of a model by the number of units above them, the highest first. */
export function topDown(model: Model): Ref[] {
  const depth = new Map<Ref, number>();
  const depthOf = (ref: Ref): number => {
    const known = depth.get(ref);
    if (known !== undefined) return known;
    depth.set(ref, 0);
    const parent = model.units.get(ref)?.parent;
    const found = parent === undefined || parent === ROOT ? 1 : depthOf(parent) + 1;
    depth.set(ref, found);
    return found;
  };
  return [...model.units.keys()].sort((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1));
}

/** Accounts below each root and unit, and each account under itself; who is not bound by guardrails is left out. */
export function boundAccounts(model: Model): Map<Ref, Set<Ref>> {
  const below = new Map<Ref, Set<Ref>>();
  const chains = new Map<Ref, Ref[]>();
  for (const [ref, account] of model.accounts) {
    if (account.management) continue;
    let chain = chains.get(account.parent);
    if (!chain) {
      chain = chainOf(model, account.parent);
      chains.set(account.parent, chain);
    }
    for (const place of [ref, ...chain]) {
      const accounts = below.get(place);
      if (accounts) accounts.add(ref);
      else below.set(place, new Set([ref]));
    }
  }
  return below;
}
