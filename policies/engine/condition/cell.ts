/**
 * One cell of a Condition block: operator, key, values. This is the table of iam.md 1.7: what an absent key, an empty
 * one, several values, IfExists, ForAllValues, ForAnyValue and Null mean. A block is true when all its cells are.
 */
import type { ContextMap } from '../model.ts';
import { intern } from '../pattern/intern.ts';
import type { ConditionElement } from '../syntax/ast.ts';
import { OPERATORS, type OperandContext, type Operator, type ValueTest } from './operators.ts';

export interface ConditionCell {
  /** Lower case. */
  readonly key: string;
  readonly form: 'plain' | 'all' | 'any' | 'null';
  readonly negated: boolean;
  readonly ifExists: boolean;
  readonly test: ValueTest;
  /** Keys of the variables in the values, lower case. */
  readonly variables: readonly string[];
}

export interface OperatorName {
  readonly operator: Operator;
  readonly form: ConditionCell['form'];
  readonly ifExists: boolean;
  /** As the documentation spells it. */
  readonly canonical: string;
}

const QUALIFIERS = [
  { text: 'ForAllValues:', form: 'all' },
  { text: 'ForAnyValue:', form: 'any' },
] as const;
const IF_EXISTS = 'IfExists';
/** The only keys whose values are instants of the request itself. */
const TIME_WINDOW_KEYS: ReadonlySet<string> = new Set(['aws:currenttime', 'parapet:currenttime']);

/** Takes `ForAnyValue:StringLikeIfExists` apart; letter case does not count. Undefined when there is no such operator. */
export function parseOperatorName(text: string): OperatorName | undefined {
  let lower = text.toLowerCase();
  const qualifier = QUALIFIERS.find((candidate) => lower.startsWith(candidate.text.toLowerCase()));
  if (qualifier) lower = lower.slice(qualifier.text.length);
  const ifExists = lower.endsWith('ifexists');
  if (ifExists) lower = lower.slice(0, -IF_EXISTS.length);
  const operator = OPERATORS.get(lower);
  if (!operator) return undefined;
  const canonical = (qualifier?.text ?? '') + operator.name + (ifExists ? IF_EXISTS : '');
  const form = operator.operand === 'null' ? 'null' : (qualifier?.form ?? 'plain');
  return { operator, form, ifExists, canonical };
}

/** Undefined, with an error reported, when the operator is unknown. Faulty values are reported. */
export function compileCell(
  element: ConditionElement,
  build: Pick<OperandContext, 'variables' | 'findings'>,
): ConditionCell | undefined {
  const name = parseOperatorName(element.operator.value);
  if (!name) {
    build.findings.error('unknown-operator', element.operator, `operator "${element.operator.value}" is unknown`);
    return undefined;
  }
  const key = intern(element.key.value.toLowerCase());
  if (name.operator.operand === 'time-window' && !TIME_WINDOW_KEYS.has(key)) {
    const hint = 'use aws:CurrentTime or parapet:CurrentTime';
    build.findings.error('bad-key', element.key, `operator ${name.operator.name} does not apply to this key`, hint);
  }
  const variables: string[] = [];
  const onVariable = (variable: string) => void variables.push(variable);
  const test = name.operator.compile(element.values, { ...build, onVariable });
  return { key, form: name.form, negated: name.operator.negated, ifExists: name.ifExists, test, variables };
}

/** True when the cell holds for the request. */
export function cellHolds(cell: ConditionCell, context: ContextMap): boolean {
  const value = context.get(cell.key);
  const isAbsent = value === undefined || isEmpty(value);
  if (cell.form === 'null') return cell.test(isAbsent ? 'true' : 'false', context) === true;
  if (isAbsent) return absentHolds(cell);
  if (typeof value === 'string') return valueHolds(cell, value, context);
  if (cell.form === 'plain') return value.length === 1 && valueHolds(cell, value[0]!, context);
  // INVARIANT: loops, not closures: this runs on every decision.
  const all = cell.form === 'all';
  for (const item of value) if (valueHolds(cell, item, context) !== all) return !all;
  return all;
}

/** The columns "key absent" and "V empty": IfExists has no effect on the set operators. */
function absentHolds(cell: ConditionCell): boolean {
  if (cell.form === 'all') return true;
  if (cell.form === 'any') return false;
  return cell.negated || cell.ifExists;
}

/** `m(v)`: matches some listed value, or for a negated operator none. Unreadable fails both. */
function valueHolds(cell: ConditionCell, value: string, context: ContextMap): boolean {
  const matches = cell.test(value, context);
  return matches !== 'unreadable' && matches !== cell.negated;
}

/** A null data set: no values, or only empty ones (iam.md 1.7, second column). */
function isEmpty(value: string | readonly string[]): boolean {
  return typeof value === 'string' ? value === '' : value.every((item) => item === '');
}
