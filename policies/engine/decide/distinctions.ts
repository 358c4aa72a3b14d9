/**
 * What tells requests for one action apart, so far as some policies can see. A policy looks at a request through its
 * resource patterns and conditions alone, so each of them is asked once, and their answers are the class of a request.
 *
 * INVARIANT: requests of one caller for one action that have the same class get the same effect, reason, layer and
 * level of every stack that is made of these policies. (Of several statements that say the same, another one may be
 * named.)
 */
import type { CompiledPolicy } from '../compile/compile-policy.ts';
import { type ConditionCell, cellHolds } from '../condition/cell.ts';
import { RequestView } from '../match/request-view.ts';
import { resourceMatches, statementsAbout } from '../match/statement-match.ts';
import type { AuthorizationRequest } from '../model.ts';
import type { ResourcePattern } from '../pattern/resource-pattern.ts';

/** Answers that fit into one number. */
const CHUNK = 30;

export class Distinctions {
  /** The context keys that are looked at, lower case: a request may leave out all others. */
  readonly keys: readonly string[];
  readonly #patterns: readonly ResourcePattern[];
  readonly #cells: readonly ConditionCell[];

  constructor(policies: Iterable<CompiledPolicy>, action: string) {
    const patterns = new Set<ResourcePattern>();
    const cells = new Set<ConditionCell>();
    const keys = new Set<string>();
    for (const policy of policies) {
      for (const statement of statementsAbout(policy, action)) {
        for (const pattern of statement.resources ?? []) {
          if (pattern.arn !== undefined) patterns.add(pattern);
          for (const key of pattern.variables) keys.add(key);
        }
        for (const cell of statement.conditions) {
          cells.add(cell);
          keys.add(cell.key);
          for (const key of cell.variables) keys.add(key);
        }
      }
    }
    this.keys = [...keys];
    this.#patterns = [...patterns];
    this.#cells = [...cells];
  }

  /** @throws TypeError for what is no request (as `evaluate` denies it with reason `error`) */
  classOf(request: AuthorizationRequest): string {
    const view = new RequestView(request, false);
    let out = view.sameAccount ? '=' : '';
    let bits = 1;
    let count = 0;
    const note = (answer: boolean) => {
      bits = bits * 2 + (answer ? 1 : 0);
      if (++count % CHUNK !== 0) return;
      out += `${bits} `;
      bits = 1;
    };
    for (const pattern of this.#patterns) note(resourceMatches(pattern, view));
    for (const cell of this.#cells) note(cellHolds(cell, view.context));
    return out + bits;
  }
}
