/**
 * Rules of customers, written in CEL. SECURITY: an expression is interpreted, never turned into code; it may use only
 * what is listed here, so that its time is bounded by its length and the size of one item: no regular expressions, no
 * functions that build lists or texts, at most two loops inside each other over lists of bounded length.
 */
import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import {
  type AccountFacts,
  COMPLIANT,
  type Facts,
  type Item,
  insufficient,
  nonCompliant,
  type Outcome,
  type Predicate,
} from './rule.ts';

export const MAX_EXPRESSION_CHARACTERS = 4_096;
const LIMITS = { maxAstNodes: 500, maxDepth: 32, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 4 };
const MAX_LOOPS_DEEP = 2;
const MAX_ADDITIONS = 8;
const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter']);
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...LOOPS,
  'ageDays',
  'bool',
  'contains',
  'double',
  'duration',
  'endsWith',
  'has',
  'int',
  'item',
  'lowerAscii',
  'size',
  'startsWith',
  'string',
  'timestamp',
]);
const DAY_MS = 86_400_000;
const TIMESTAMP = 'google.protobuf.Timestamp';

export type CelResult =
  | { readonly ok: true; readonly expression: CelExpression }
  | { readonly ok: false; readonly fault: string };

export interface CelExpression {
  /** Answers the value; throws when the facts do not suffice. */
  readonly run: (item: Item, facts: Facts) => unknown;
}

/** Set for the time of one evaluation: expressions run to their end without giving way. */
let current: Facts | undefined;

const environment = new Environment({ limits: LIMITS, homogeneousAggregateLiterals: false })
  .registerVariable('resource', 'dyn')
  .registerVariable('account', 'dyn')
  .registerVariable('params', 'map')
  .registerVariable('now', TIMESTAMP)
  .registerFunction('ageDays(dyn): double', (value: unknown) => ageDays(value))
  .registerFunction('item(string): dyn', (arn: string) => recorded(arn));

/** Reads and checks an expression that must answer true or false. */
export function compileCel(text: string): CelResult {
  if (text.length > MAX_EXPRESSION_CHARACTERS) {
    return { ok: false, fault: `the expression has more than ${MAX_EXPRESSION_CHARACTERS} characters` };
  }
  let parsed: ParseResult;
  try {
    parsed = environment.parse(text);
    const fault = forbidden(parsed.ast);
    if (fault) return { ok: false, fault };
    const checked = parsed.check();
    if (!checked.valid) return { ok: false, fault: firstLine(checked.error) };
    if (checked.type !== 'bool' && checked.type !== 'dyn') {
      return { ok: false, fault: `the expression answers ${checked.type} and not true or false` };
    }
  } catch (cause) {
    return { ok: false, fault: firstLine(cause) };
  }
  return { ok: true, expression: { run: (item, facts) => run(parsed, item, facts) } };
}

/** The predicate of an expression: true is compliant; `message` says what is wrong otherwise. */
export function celPredicate(expression: CelExpression, message: string): Predicate {
  return (item, facts): Outcome => {
    try {
      const answer = expression.run(item, facts);
      if (answer === true) return COMPLIANT;
      return answer === false ? nonCompliant(message) : insufficient('the rule answered neither true nor false');
    } catch (cause) {
      return insufficient(firstLine(cause));
    }
  };
}

function run(parsed: ParseResult, item: Item, facts: Facts): unknown {
  current = facts;
  try {
    return parsed({
      resource: shown(item),
      account: shownAccount(facts.account),
      params: facts.params,
      now: instant(facts.now),
    });
  } finally {
    current = undefined;
  }
}

function shown(item: Item): Record<string, unknown> {
  const { arn, type, accountId, name, tags, configuration, createdAt } = item;
  return {
    arn,
    type,
    accountId,
    name,
    tags,
    configuration,
    ...(createdAt !== undefined && { createdAt: iso(createdAt) }),
  };
}

/** A pass asks about few accounts and one moment, a million times. */
const accounts = new WeakMap<AccountFacts, object>();
let latest = new Date(0);

function shownAccount(account: AccountFacts): object {
  let view = accounts.get(account);
  if (!view) {
    const { id, name, management, units, unitNames, tags } = account;
    view = { id, name, management, units, unitNames, tags };
    accounts.set(account, view);
  }
  return view;
}

function instant(now: number): Date {
  if (latest.getTime() !== now) latest = new Date(now);
  return latest;
}

function recorded(arn: string): unknown {
  const found = current?.item(arn);
  if (!found) throw new Error(`no such key: item ${arn} is not recorded`);
  return shown(found);
}

function ageDays(value: unknown): number {
  const then = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(then) || !current) throw new Error('ageDays: not a time');
  return (current.now - then) / DAY_MS;
}

const iso = (time: number) => new Date(time).toISOString();

/** What the expression may not do; undefined when it may be kept. */
function forbidden(root: ASTNode): string | undefined {
  let additions = 0;
  let fault: string | undefined;
  const visit = (node: unknown, loops: number): void => {
    if (fault !== undefined) return;
    if (Array.isArray(node)) {
      for (const part of node) visit(part, loops);
      return;
    }
    if (!isNode(node)) return;
    let inside = loops;
    if (node.op === 'call' || node.op === 'rcall') {
      const name = (node.args as readonly unknown[])[0] as string;
      if (!FUNCTIONS.has(name)) fault = `the function ${name} is not available to rules`;
      if (LOOPS.has(name)) inside++;
      if (inside > MAX_LOOPS_DEEP) fault = `loops are more than ${MAX_LOOPS_DEEP} deep`;
    }
    if (node.op === '+' && ++additions > MAX_ADDITIONS) fault = `more than ${MAX_ADDITIONS} additions`;
    visit(node.args, inside);
  };
  visit(root, 0);
  return fault;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : 'the expression cannot be read';
  const line = text.split('\n', 1)[0] ?? '';
  return line.charAt(0).toLowerCase() + line.slice(1);
}
