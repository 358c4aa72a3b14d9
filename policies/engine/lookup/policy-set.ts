/** The union of several compiled policies, indexed for decisions and kept in order for explanations. */
import type { CompiledPolicy, CompiledStatement } from '../compile/compile-policy.ts';
import type { RequestView } from '../match/request-view.ts';
import { StatementIndex, type Visit } from './statement-index.ts';

export interface PolicySet {
  readonly policies: readonly CompiledPolicy[];
  /** A Deny statement at which `visit` returns true. */
  findDeny(view: RequestView, visit: Visit): CompiledStatement | undefined;
  /** An Allow statement at which `visit` returns true. */
  findAllow(view: RequestView, visit: Visit): CompiledStatement | undefined;
}

class IndexedPolicies implements PolicySet {
  readonly policies: readonly CompiledPolicy[];
  readonly #denies = new StatementIndex();
  readonly #allows = new StatementIndex();
  #hasDenies = false;
  #hasAllows = false;

  constructor(policies: readonly CompiledPolicy[]) {
    this.policies = policies;
    for (const policy of policies) {
      for (const statement of policy.statements) {
        if (statement.effect === 'Deny') {
          this.#hasDenies = true;
          this.#denies.add(statement);
        } else {
          this.#hasAllows = true;
          this.#allows.add(statement);
        }
      }
    }
  }

  findDeny(view: RequestView, visit: Visit): CompiledStatement | undefined {
    return this.#hasDenies ? this.#denies.find(view, visit) : undefined;
  }

  findAllow(view: RequestView, visit: Visit): CompiledStatement | undefined {
    return this.#hasAllows ? this.#allows.find(view, visit) : undefined;
  }
}

class JoinedSets implements PolicySet {
  readonly #parts: readonly PolicySet[];

  constructor(parts: readonly PolicySet[]) {
    this.#parts = parts;
  }

  get policies(): readonly CompiledPolicy[] {
    return this.#parts.flatMap((part) => part.policies);
  }

  findDeny(view: RequestView, visit: Visit): CompiledStatement | undefined {
    for (const part of this.#parts) {
      const found = part.findDeny(view, visit);
      if (found) return found;
    }
    return undefined;
  }

  findAllow(view: RequestView, visit: Visit): CompiledStatement | undefined {
    for (const part of this.#parts) {
      const found = part.findAllow(view, visit);
      if (found) return found;
    }
    return undefined;
  }
}

/** Indexes the union of the policies. Costs time in proportion to their statements: build once, decide often. */
export function buildPolicySet(policies: readonly CompiledPolicy[]): PolicySet {
  return new IndexedPolicies(policies);
}

/**
 * The union of sets that are indexed already: costs nothing to make, and a look-up in each of them to decide. For few
 * policies that stand together in many combinations, as guardrails do.
 */
export function joinPolicySets(sets: readonly PolicySet[]): PolicySet {
  return sets.length === 1 ? (sets[0] as PolicySet) : new JoinedSets(sets);
}
