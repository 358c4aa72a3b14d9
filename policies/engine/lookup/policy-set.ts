/** The union of several compiled policies, indexed for decisions and kept in order for explanations. */
import type { CompiledPolicy, CompiledStatement } from '../compile/compile-policy.ts';
import type { RequestView } from '../match/request-view.ts';
import type { ContextMap } from '../model.ts';
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
  readonly #denies = new PlacedIndex();
  readonly #allows = new PlacedIndex();

  constructor(policies: readonly CompiledPolicy[]) {
    this.policies = policies;
    for (const policy of policies) {
      for (const statement of policy.statements) {
        (statement.effect === 'Deny' ? this.#denies : this.#allows).add(statement);
      }
    }
  }

  findDeny(view: RequestView, visit: Visit): CompiledStatement | undefined {
    return this.#denies.find(view, visit);
  }

  findAllow(view: RequestView, visit: Visit): CompiledStatement | undefined {
    return this.#allows.find(view, visit);
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

/**
 * Statements by the one value of a context key that they are confined to, so that those of other places cost nothing:
 * somebody may have grants in hundreds of enterprise projects.
 */
class PlacedIndex {
  #everywhere: StatementIndex | undefined;
  readonly #places = new Map<string, Map<string, StatementIndex>>();

  add(statement: CompiledStatement): void {
    const { confinedTo: place } = statement;
    if (!place) {
      this.#everywhere ??= new StatementIndex();
      this.#everywhere.add(statement);
      return;
    }
    const byValue = this.#places.get(place.key) ?? new Map<string, StatementIndex>();
    const index = byValue.get(place.value) ?? new StatementIndex();
    index.add(statement);
    byValue.set(place.value, index);
    this.#places.set(place.key, byValue);
  }

  find(view: RequestView, visit: Visit): CompiledStatement | undefined {
    const found = this.#everywhere?.find(view, visit);
    if (found || this.#places.size === 0) return found;
    for (const [key, byValue] of this.#places) {
      const value = singleValue(view.context, key);
      const placed = value === undefined ? undefined : byValue.get(value)?.find(view, visit);
      if (placed) return placed;
    }
    return undefined;
  }
}

/** As a plain operator reads a key: also a list of one value. */
function singleValue(context: ContextMap, key: string): string | undefined {
  const value = context.get(key);
  return typeof value === 'string' || value === undefined ? value : value.length === 1 ? value[0] : undefined;
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
