/**
 * Which rules bind an account: packs that came in force with the product, and packs and rules of customers that are in
 * force for a unit above it or for itself. Where a guardrail is named more than once, the place nearest to the account counts. Immutable; made anew when
 * rules, exceptions or the organization change.
 */
import { celPredicate, compileCel } from '../../../../policies/baselines/cel.ts';
import { type CompiledRule, compileGuardrail, RuleTable } from '../../../../policies/baselines/compile.ts';
import type { DetectiveGuardrail, Pack, ShippedType } from '../../../../policies/baselines/guardrail.ts';
import type { ParameterValues } from '../../../../policies/baselines/rule.ts';
import { exceptionFor, type RuleException, type Subject } from './exceptions.ts';
import type { Places } from './places.ts';
import type { Severity } from './score.ts';

export interface Library {
  readonly guardrails: ReadonlyMap<string, DetectiveGuardrail>;
  readonly packs: ReadonlyMap<string, Pack>;
  readonly types: ReadonlyMap<string, ShippedType>;
}

export interface PackInForce {
  readonly name: string;
  readonly target: string;
  /** Guardrail id to values. */
  readonly parameters: Readonly<Record<string, ParameterValues>>;
}

export interface CustomerRule {
  readonly id: string;
  readonly target: string;
  readonly severity: Severity;
  readonly types: readonly string[];
  readonly expression: string;
  readonly message: string;
  readonly parameters: ParameterValues;
}

export interface RegisteredType {
  readonly accountId: string;
  readonly type: string;
  readonly freshnessHours: number;
}

/** Target of what the product puts in force; nobody else can name it. */
export const EVERYBODY = '*';
const HOUR_MS = 3_600_000;

export class Rulebook {
  readonly places: Places;
  private readonly library: Library;
  private readonly freshnessHours: number;
  private readonly packs: readonly PackInForce[];
  private readonly rules: readonly CustomerRule[];
  private readonly exceptions: readonly RuleException[];
  private readonly registered: ReadonlyMap<string, number>;
  private readonly tables = new Map<string, RuleTable>();
  private readonly compiled = new Map<string, CompiledRule | undefined>();

  constructor(options: {
    library: Library;
    places: Places;
    packs: readonly PackInForce[];
    rules: readonly CustomerRule[];
    types: readonly RegisteredType[];
    exceptions: readonly RuleException[];
    freshnessHours: number;
  }) {
    this.library = options.library;
    this.places = options.places;
    this.packs = options.packs;
    this.rules = options.rules;
    this.exceptions = options.exceptions;
    this.freshnessHours = options.freshnessHours;
    this.registered = new Map(options.types.map((type) => [`${type.accountId}/${type.type}`, type.freshnessHours]));
  }

  rulesOf(accountId: string): RuleTable {
    const path = [EVERYBODY, ...this.places.unitsOf(accountId), accountId];
    // Accounts in one unit without rules of their own share a table.
    const own =
      this.packs.some(({ target }) => target === accountId) || this.rules.some(({ target }) => target === accountId);
    const key = own ? path.join('/') : path.slice(0, -1).join('/');
    let table = this.tables.get(key);
    if (!table) {
      table = new RuleTable(this.compileFor(path));
      this.tables.set(key, table);
    }
    return table;
  }

  freshness(accountId: string, type: string): number {
    const hours =
      this.registered.get(`${accountId}/${type}`) ??
      this.library.types.get(type)?.freshnessHours ??
      this.freshnessHours;
    return hours * HOUR_MS;
  }

  exceptionFor(subject: Subject, now: number): RuleException | undefined {
    return this.exceptions.length === 0 ? undefined : exceptionFor(this.exceptions, subject, now);
  }

  private compileFor(path: readonly string[]): CompiledRule[] {
    const found = new Map<string, CompiledRule>();
    for (const place of path) {
      for (const pack of this.packs.filter(({ target }) => target === place)) {
        for (const rule of this.compilePack(pack)) found.set(rule.id, rule);
      }
      for (const rule of this.rules.filter(({ target }) => target === place)) {
        const compiled = this.once(rule.id, () => compileCustomerRule(rule));
        if (compiled) found.set(rule.id, compiled);
      }
    }
    return [...found.values()];
  }

  private compilePack({ name, parameters }: PackInForce): CompiledRule[] {
    return (this.library.packs.get(name)?.rules ?? []).flatMap((entry) => {
      const guardrail = this.library.guardrails.get(entry.id);
      const values = { ...entry.parameters, ...parameters[entry.id] };
      if (!guardrail) return [];
      return (
        this.once(`${entry.id} ${JSON.stringify(values)}`, () => {
          const result = compileGuardrail(guardrail, values as Parameters<typeof compileGuardrail>[1]);
          return result.ok ? result.rule : undefined;
        }) ?? []
      );
    });
  }

  private once(key: string, compile: () => CompiledRule | undefined): CompiledRule | undefined {
    if (!this.compiled.has(key)) this.compiled.set(key, compile());
    return this.compiled.get(key);
  }
}

/** Undefined for an expression that a later release no longer accepts. */
export function compileCustomerRule(rule: CustomerRule): CompiledRule | undefined {
  const read = compileCel(rule.expression);
  if (!read.ok) return undefined;
  return {
    id: rule.id,
    severity: rule.severity,
    types: new Set(rule.types),
    everyHours: undefined,
    params: rule.parameters,
    predicate: celPredicate(read.expression, rule.message),
  };
}
