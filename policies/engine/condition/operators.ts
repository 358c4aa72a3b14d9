/**
 * The condition operators (iam.md 1.7). Each turns the policy values of one cell into a test of one request value:
 * "does it match at least one of them". What absence, several values and negation mean is decided in `cell.ts`, the
 * same for all operators. To add an operator: one entry in `OPERATORS`, one row in the tests, one in the reference.
 */

import type { ContextMap } from '../model.ts';
import { ARN_SEGMENTS, type ArnPattern, compileArnPattern, cutArn, matchArn } from '../pattern/arn.ts';
import { intern } from '../pattern/intern.ts';
import {
  compileStringPattern,
  matchStringPattern,
  renderTemplate,
  type StringPattern,
} from '../pattern/string-pattern.ts';
import { parseTemplate, splitTemplate, type TemplateToken, type VariableToken } from '../pattern/template.ts';
import type { Text } from '../syntax/ast.ts';
import type { FindingList } from '../syntax/findings.ts';
import { isCanonicalBase64 } from '../values/base64.ts';
import { foldCase } from '../values/case-fold.ts';
import { compareDecimals, parseDecimal } from '../values/decimal.ts';
import { compareInstants, parseInstant } from '../values/instant.ts';
import { contains, parseAddress, parseRange } from '../values/ip-range.ts';
import { isInside, parseTimeWindow } from '../values/time-window.ts';

/** `unreadable`: the request value is not of the operator's type, which fails the cell, negated or not. */
export type ValueTest = (value: string, context: ContextMap) => boolean | 'unreadable';

export type OperandType = 'string' | 'numeric' | 'date' | 'bool' | 'binary' | 'ip' | 'arn' | 'null' | 'time-window';

export interface Operator {
  readonly name: string;
  readonly operand: OperandType;
  readonly negated: boolean;
  readonly compile: (values: readonly Text[], build: OperandContext) => ValueTest;
}

/** What compiling operands needs to know, and where it reports. */
export interface OperandContext {
  /** Version 2012-10-17: `${...}` is a variable. */
  readonly variables: boolean;
  readonly findings: FindingList;
  /** Called with the key of every variable. */
  readonly onVariable: (key: string) => void;
}

function operator(
  name: string,
  operand: OperandType,
  compile: Operator['compile'],
  negated = false,
): readonly [string, Operator] {
  return [name.toLowerCase(), { name, operand, negated, compile }];
}

const atMost = (order: number) => order <= 0;
const less = (order: number) => order < 0;
const atLeast = (order: number) => order >= 0;
const greater = (order: number) => order > 0;
const same = (order: number) => order === 0;

/** Lower-case name to operator. `BinaryNotEquals` does not exist; `Null` is decided by presence alone in `cell.ts`. */
export const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  operator('StringEquals', 'string', stringEquals),
  operator('StringNotEquals', 'string', stringEquals, true),
  operator('StringEqualsIgnoreCase', 'string', stringEqualsIgnoreCase),
  operator('StringNotEqualsIgnoreCase', 'string', stringEqualsIgnoreCase, true),
  operator('StringLike', 'string', stringLike),
  operator('StringNotLike', 'string', stringLike, true),
  operator('NumericEquals', 'numeric', numeric(same)),
  operator('NumericNotEquals', 'numeric', numeric(same), true),
  operator('NumericLessThan', 'numeric', numeric(less)),
  operator('NumericLessThanEquals', 'numeric', numeric(atMost)),
  operator('NumericGreaterThan', 'numeric', numeric(greater)),
  operator('NumericGreaterThanEquals', 'numeric', numeric(atLeast)),
  operator('DateEquals', 'date', date(same)),
  operator('DateNotEquals', 'date', date(same), true),
  operator('DateLessThan', 'date', date(less)),
  operator('DateLessThanEquals', 'date', date(atMost)),
  operator('DateGreaterThan', 'date', date(greater)),
  operator('DateGreaterThanEquals', 'date', date(atLeast)),
  operator('Bool', 'bool', bool),
  operator('BinaryEquals', 'binary', binaryEquals),
  operator('IpAddress', 'ip', ipAddress),
  operator('NotIpAddress', 'ip', ipAddress, true),
  operator('ArnEquals', 'arn', arnLike),
  operator('ArnLike', 'arn', arnLike),
  operator('ArnNotEquals', 'arn', arnLike, true),
  operator('ArnNotLike', 'arn', arnLike, true),
  operator('Null', 'null', nullOperands),
  operator('TimeOfDayBetween', 'time-window', timeOfDayBetween),
]);

function stringEquals(values: readonly Text[], build: OperandContext): ValueTest {
  const { literals, templates } = splitLiterals(values, build);
  if (templates.length === 0 && literals.length === 1) {
    const only = intern(literals[0]!);
    return (value) => value === only;
  }
  const known = oneOf(literals);
  if (templates.length === 0) return known;
  return (value, context) => known(value) || templates.some((template) => renderTemplate(template, context) === value);
}

/** Few strings are compared faster than hashed, and a plain loop faster than `includes` (measured). */
function oneOf(texts: readonly string[]): (value: string) => boolean {
  const literals = texts.map(intern);
  if (literals.length > 8) {
    const known = new Set(literals);
    return (value) => known.has(value);
  }
  return (value) => {
    for (const literal of literals) if (literal === value) return true;
    return false;
  };
}

function stringEqualsIgnoreCase(values: readonly Text[], build: OperandContext): ValueTest {
  const { literals, templates } = splitLiterals(values, build);
  const known = new Set(literals.map(foldCase));
  return (value, context) => {
    const folded = foldCase(value);
    return known.has(folded) || templates.some((template) => foldedEquals(template, folded, context));
  };
}

function foldedEquals(template: readonly TemplateToken[], folded: string, context: ContextMap): boolean {
  const text = renderTemplate(template, context);
  return text !== undefined && foldCase(text) === folded;
}

function stringLike(values: readonly Text[], build: OperandContext): ValueTest {
  const exact = new Set<string>();
  const patterns: StringPattern[] = [];
  for (const value of values) {
    const pattern = compileStringPattern(templateOf(value, true, build));
    if (pattern.type === 'exact') exact.add(pattern.text);
    else patterns.push(pattern);
  }
  return (value, context) =>
    exact.has(value) || patterns.some((pattern) => matchStringPattern(pattern, value, 0, value.length, context));
}

function numeric(accepts: (order: number) => boolean): Operator['compile'] {
  return (values, build) => {
    const operands = parseAll(values, parseDecimal, build, 'bad-number', 'is not a decimal number');
    return (value) => {
      const number = parseDecimal(value);
      return number ? operands.some((operand) => accepts(compareDecimals(number, operand))) : 'unreadable';
    };
  };
}

function date(accepts: (order: number) => boolean): Operator['compile'] {
  return (values, build) => {
    const operands = parseAll(values, parseInstant, build, 'bad-date', 'is neither an ISO 8601 date nor epoch seconds');
    return (value) => {
      const instant = parseInstant(value);
      return instant ? operands.some((operand) => accepts(compareInstants(instant, operand))) : 'unreadable';
    };
  };
}

/** Letter case does not count. Text other than true and false matches nothing. */
function bool(values: readonly Text[], build: OperandContext): ValueTest {
  const { literals, templates } = splitLiterals(values, build);
  for (const value of values) {
    if (literals.includes(value.value) && !isBoolean(value.value)) {
      build.findings.error('bad-boolean', value, `"${value.value}" is neither true nor false`);
    }
  }
  const wanted = new Set(literals.map((literal) => literal.toLowerCase()));
  return (value, context) => {
    if (!isBoolean(value)) return 'unreadable';
    const lower = value.toLowerCase();
    return (
      wanted.has(lower) || templates.some((template) => renderTemplate(template, context)?.toLowerCase() === lower)
    );
  };
}

function binaryEquals(values: readonly Text[], build: OperandContext): ValueTest {
  const canonical = (text: string) => (isCanonicalBase64(text) ? text : undefined);
  const operands = new Set(parseAll(values, canonical, build, 'bad-base64', 'is not Base64'));
  return (value) => operands.has(value);
}

function ipAddress(values: readonly Text[], build: OperandContext): ValueTest {
  const ranges = parseAll(values, parseRange, build, 'bad-cidr', 'is not an IP address or CIDR range');
  return (value) => {
    const address = parseAddress(value);
    if (!address) return 'unreadable';
    for (const range of ranges) if (contains(range, address)) return true;
    return false;
  };
}

/** A request value that is not an ARN matches nothing, so the negated forms are true (iam.md 1.7). */
function arnLike(values: readonly Text[], build: OperandContext): ValueTest {
  const patterns: ArnPattern[] = [];
  for (const value of values) {
    const segments = splitTemplate(templateOf(value, true, build), ARN_SEGMENTS - 1);
    if (segments.length === ARN_SEGMENTS) patterns.push(compileArnPattern(segments));
    else
      build.findings.add(
        'warning',
        'short-arn',
        value,
        `"${value.value}" has fewer than six segments and matches nothing`,
      );
  }
  return (value, context) => {
    const cuts = cutArn(value);
    return cuts !== undefined && patterns.some((pattern) => matchArn(pattern, value, cuts, context));
  };
}

function nullOperands(values: readonly Text[], build: OperandContext): ValueTest {
  for (const value of values) {
    if (!isBoolean(value.value))
      build.findings.error('bad-boolean', value, `"${value.value}" is neither true nor false`);
    refuseVariables(value, build);
  }
  const wanted = new Set(values.map((value) => value.value.toLowerCase()));
  return (isAbsent) => wanted.has(isAbsent);
}

function timeOfDayBetween(values: readonly Text[], build: OperandContext): ValueTest {
  const windows = parseAll(values, parseTimeWindow, build, 'bad-time-window', 'is not HH:MM-HH:MM@Area/City');
  return (value) => {
    const instant = parseInstant(value);
    return instant ? windows.some((window) => isInside(window, instant)) : 'unreadable';
  };
}

function isBoolean(text: string): boolean {
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false';
}

/** Parses each value; faulty ones are reported. */
function parseAll<T>(
  values: readonly Text[],
  parse: (text: string) => T | undefined,
  build: OperandContext,
  code: string,
  fault: string,
): T[] {
  return values.flatMap((value) => {
    if (refuseVariables(value, build)) return [];
    const operand = parse(value.value);
    if (operand !== undefined) return [operand];
    build.findings.error(code, value, `"${value.value}" ${fault}`);
    return [];
  });
}

function refuseVariables(value: Text, build: OperandContext): boolean {
  if (!build.variables || !value.value.includes('${')) return false;
  build.findings.error('misplaced-variable', value, 'variable stands in a value of an operator that takes none');
  return true;
}

function templateOf(value: Text, wildcards: boolean, build: OperandContext): TemplateToken[] {
  const tokens = parseTemplate(value, { wildcards, variables: build.variables }, build.findings);
  for (const token of tokens) if (token.type === 'variable') build.onVariable(token.key);
  return tokens;
}

/** Values without variables as plain strings, the others as templates. */
function splitLiterals(
  values: readonly Text[],
  build: OperandContext,
): { literals: string[]; templates: TemplateToken[][] } {
  const literals: string[] = [];
  const templates: TemplateToken[][] = [];
  const isVariable = (token: TemplateToken): token is VariableToken => token.type === 'variable';
  for (const value of values) {
    const tokens = templateOf(value, false, build);
    if (tokens.some(isVariable)) templates.push(tokens);
    else literals.push(tokens.map((token) => (token.type === 'text' ? token.text : '')).join(''));
  }
  return { literals, templates };
}
