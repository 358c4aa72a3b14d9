/** The two states of an organization that an order of steps lies between, and who is bound where in either of them. */
import { anatomyOf } from '../documents.ts';
import { attachedTo, boundAccounts, FULL_ACCESS, type Mode, type Model, type PolicyType, type Ref } from '../model.ts';

export interface Places {
  before: Model;
  after: Model;
  /** Accounts that exist already and are bound by what is attached there, before or after. */
  boundAt(target: Ref): ReadonlySet<Ref>;
  /** Somebody is bound there afterwards, accounts that are made included. */
  bindsAfterwards(target: Ref): boolean;
  /** The policy that allows everything is in force there. */
  full(model: Model, target: Ref, type: PolicyType): boolean;
}

const NOBODY: ReadonlySet<Ref> = new Set();

export function placesOf(before: Model, after: Model): Places {
  const [was, willBe] = [boundAccounts(before), boundAccounts(after)];
  const both = new Map<Ref, ReadonlySet<Ref>>();
  const boundAt = (target: Ref): ReadonlySet<Ref> => {
    const known = both.get(target);
    if (known) return known;
    const existing = [...(willBe.get(target) ?? NOBODY)].filter((ref) => before.accounts.has(ref));
    const found = new Set([...(was.get(target) ?? NOBODY), ...existing]);
    both.set(target, found);
    return found;
  };
  return {
    before,
    after,
    boundAt,
    bindsAfterwards: (target) => (willBe.get(target)?.size ?? 0) > 0,
    full: (model, target, type) => isEnforced(attachedTo(model, target).get(FULL_ACCESS[type])),
  };
}

const isEnforced = (mode: Mode | undefined) => mode === 'enforce';

/** What a policy allows or denies, as it is before or as it will be. */
export function has({ before, after }: Places, policy: Ref, what: 'allows' | 'denies'): boolean {
  const contents = [before.policies.get(policy)?.content, after.policies.get(policy)?.content];
  return contents.some((content) => content !== undefined && anatomyOf(content)[what].length > 0);
}
