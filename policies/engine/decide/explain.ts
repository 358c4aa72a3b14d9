/**
 * The slow pass: the same decision with everything that led to it. Reads every statement of every layer through the
 * same matching as the decision, without the index, so it also shows what the fast path never looked at.
 */
import type { CompiledStatement } from '../compile/compile-policy.ts';
import { ACCOUNT, DIRECT, ROLE } from '../compile/principal.ts';
import type { PolicySet } from '../lookup/policy-set.ts';
import { RequestView } from '../match/request-view.ts';
import { actionApplies, callerApplies, conditionsHold, resourceApplies } from '../match/statement-match.ts';
import type { AuthorizationRequest, Explanation, LayerExplanation, LayerName, StatementRef } from '../model.ts';
import { evaluate, levelsOfGrant, rcpLevels, scpLevels } from './evaluate.ts';
import type { Layers, Level } from './layers.ts';

/** Explains one request. Never throws: a request that cannot be read has an error decision and no layers. */
export function explain(request: AuthorizationRequest, layers: Layers): Explanation {
  const decision = evaluate(request, layers);
  try {
    return new Explainer(request, layers).explain(decision);
  } catch {
    return { decision, layers: [], explicitDenies: [], missingContextKeys: [] };
  }
}

class Explainer {
  readonly #view: RequestView;
  readonly #layers: Layers;
  readonly #missing = new Set<string>();

  constructor(request: AuthorizationRequest, layers: Layers) {
    this.#view = new RequestView(request, layers.boundary !== undefined);
    this.#layers = layers;
  }

  explain(decision: Explanation['decision']): Explanation {
    const { principal } = this.#view;
    const layers = [
      ...this.#levels('rcp', rcpLevels(this.#layers, principal)),
      ...this.#levels('scp', scpLevels(this.#layers, principal)),
      ...this.#layer('endpoint', this.#layers.endpoint),
      ...this.#layer('resource', this.#layers.resource),
      ...this.#layer('identity', this.#layers.identity),
      ...this.#layer('boundary', this.#layers.boundary),
      ...this.#layer('session', this.#layers.session),
    ];
    const explicitDenies = layers.flatMap(({ layer, denies }) => denies.map((ref) => ({ ...ref, layer })));
    const silent = decision.reason === 'implicit-deny' ? decision.layer : undefined;
    const missingContextKeys = [...this.#missing].sort();
    return { decision, layers, explicitDenies, missingContextKeys, ...(silent && { implicitLayer: silent }) };
  }

  #levels(layer: LayerName, levels: readonly Level[] = []): LayerExplanation[] {
    return levels.map(({ id, name, set }) => ({ ...this.#read(layer, set), level: { id, name } }));
  }

  #layer(layer: LayerName, set: PolicySet | undefined): LayerExplanation[] {
    return set ? [this.#read(layer, set)] : [];
  }

  #read(layer: LayerName, set: PolicySet): LayerExplanation {
    const denies: StatementRef[] = [];
    const allows: StatementRef[] = [];
    let levels = 0;
    for (const statement of set.policies.flatMap((policy) => policy.statements)) {
      if (!this.#applies(statement)) continue;
      if (statement.effect === 'Deny') denies.push(statement.ref);
      else allows.push(statement.ref);
      if (statement.effect === 'Allow') levels |= levelsOfGrant(statement, this.#view);
    }
    const outcome = denies.length > 0 ? 'explicit-deny' : allows.length > 0 ? 'allow' : 'implicit-deny';
    return { layer, outcome, denies, allows, ...(layer === 'resource' && { grantedTo: levelNames(levels) }) };
  }

  #applies(statement: CompiledStatement): boolean {
    const view = this.#view;
    if (!actionApplies(statement, view) || !callerApplies(statement, view)) return false;
    for (const pattern of statement.resources ?? []) this.#noteMissing(pattern.variables);
    if (!resourceApplies(statement, view)) return false;
    for (const cell of statement.conditions) this.#noteMissing([cell.key, ...cell.variables]);
    return conditionsHold(statement, view);
  }

  #noteMissing(keys: readonly string[]): void {
    for (const key of keys) if (!this.#view.context.has(key)) this.#missing.add(key);
  }
}

function levelNames(levels: number): ('direct' | 'role' | 'account')[] {
  const names = [
    { bit: DIRECT, name: 'direct' },
    { bit: ROLE, name: 'role' },
    { bit: ACCOUNT, name: 'account' },
  ] as const;
  return names.filter(({ bit }) => levels & bit).map(({ name }) => name);
}
