/** The union of several compiled policies, indexed for decisions and kept in order for explanations. */
import type { CompiledPolicy, CompiledStatement } from '../compile/compile-policy.ts';
import type { RequestView } from '../match/request-view.ts';
import { StatementIndex, type Visit } from './statement-index.ts';

export class PolicySet {
  readonly policies: readonly CompiledPolicy[];
  readonly #denies = new StatementIndex();
  readonly #allows = new StatementIndex();
  #hasDenies = false;

  constructor(policies: readonly CompiledPolicy[]) {
    this.policies = policies;
    for (const policy of policies) {
      for (const statement of policy.statements) {
        if (statement.effect === 'Deny') {
          this.#hasDenies = true;
          this.#denies.add(statement);
        } else {
          this.#allows.add(statement);
        }
      }
    }
  }

  /** A Deny statement at which `visit` returns true. */
  findDeny(view: RequestView, visit: Visit): CompiledStatement | undefined {
    return this.#hasDenies ? this.#denies.find(view, visit) : undefined;
  }

  /** An Allow statement at which `visit` returns true. */
  findAllow(view: RequestView, visit: Visit): CompiledStatement | undefined {
    return this.#allows.find(view, visit);
  }
}

/** Indexes the union of the policies. Costs time in proportion to their statements: build once, decide often. */
export function buildPolicySet(policies: readonly CompiledPolicy[]): PolicySet {
  return new PolicySet(policies);
}
