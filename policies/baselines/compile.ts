/** Rules made ready to judge, and the judging of one item. The speed of everything above rests on `judge`. */
import type { Values } from '../guardrails/parameters.ts';
import { celPredicate, compileCel } from './cel.ts';
import type { DetectiveGuardrail } from './guardrail.ts';
import { texts } from './read.ts';
import {
  type AccountFacts,
  type Facts,
  type Item,
  insufficient,
  NOT_APPLICABLE,
  type Outcome,
  type ParameterValues,
  type Predicate,
} from './rule.ts';
import { BUILT_INS } from './rules/index.ts';

export interface CompiledRule {
  readonly id: string;
  readonly severity: DetectiveGuardrail['severity'];
  /** `*`: every type. */
  readonly types: ReadonlySet<string>;
  readonly everyHours: number | undefined;
  readonly params: ParameterValues;
  readonly predicate: Predicate;
}

export type CompiledGuardrail =
  | { readonly ok: true; readonly rule: CompiledRule }
  | { readonly ok: false; readonly fault: string };

/** Values must have been checked (`parameterFaults`). */
export function compileGuardrail(guardrail: DetectiveGuardrail, values: Values = {}): CompiledGuardrail {
  const defaults = Object.entries(guardrail.parameters).map(([name, { default: value }]) => [name, value] as const);
  const base = {
    id: guardrail.id,
    severity: guardrail.severity,
    types: new Set(guardrail.types),
    everyHours: guardrail.trigger.everyHours,
    params: { ...Object.fromEntries(defaults), ...values },
  };
  if ('builtin' in guardrail.rule) {
    const found = BUILT_INS.get(guardrail.rule.builtin);
    if (!found) return { ok: false, fault: `there is no built-in rule ${guardrail.rule.builtin}` };
    return { ok: true, rule: { ...base, predicate: found } };
  }
  const read = compileCel(guardrail.rule.cel);
  if (!read.ok) return read;
  const predicate = celPredicate(read.expression, guardrail.rule.message);
  return { ok: true, rule: { ...base, predicate } };
}

/** What every judgement of one pass shares. */
export interface Judging {
  readonly now: number;
  readonly account: (accountId: string) => AccountFacts;
  readonly item: (arn: string) => Item | undefined;
  /** Milliseconds after which facts of a type count as unknown. */
  readonly freshness: (type: string) => number;
}

const STALE = insufficient('the recorded facts are too old');

/** The rules of a type, looked up once per type and pass. */
export class RuleTable {
  private readonly byType = new Map<string, readonly CompiledRule[]>();
  private readonly rules: readonly CompiledRule[];

  constructor(rules: readonly CompiledRule[]) {
    this.rules = rules;
  }

  of(type: string): readonly CompiledRule[] {
    let found = this.byType.get(type);
    if (!found) {
      found = this.rules.filter((rule) => rule.types.has(type) || rule.types.has('*'));
      this.byType.set(type, found);
    }
    return found;
  }
}

export function judge(rule: CompiledRule, item: Item, judging: Judging): Outcome {
  if (!rule.types.has(item.type) && !rule.types.has('*')) return NOT_APPLICABLE;
  if (judging.now - item.confirmedAt > judging.freshness(item.type)) return STALE;
  const facts: Facts = {
    now: judging.now,
    account: judging.account(item.accountId),
    params: rule.params,
    item: (arn) => shownTo(item.accountId, judging.item(arn)),
  };
  return judgeWith(rule, item, facts);
}

/**
 * SECURITY: a verdict tells its account about every item that it rests on. Those of another account are as good as not
 * recorded, except keys whose policy lets the account in.
 */
function shownTo(accountId: string, found: Item | undefined): Item | undefined {
  if (!found || found.accountId === accountId) return found;
  const letIn = found.type === 'kms:key' ? (texts(found.configuration, 'policyAccounts') ?? []) : [];
  return letIn.includes(accountId) || letIn.includes('*') ? found : undefined;
}

/** A rule of ours that throws has met facts of a shape that nobody foresaw: they do not suffice. */
function judgeWith(rule: CompiledRule, item: Item, facts: Facts): Outcome {
  try {
    return rule.predicate(item, facts);
  } catch {
    return insufficient('the rule could not read the recorded facts');
  }
}
