/** Conditions of the reference evaluator: the two tables of iam.md 1.7, row by row. */
import type { ConditionElement, ContextMap } from '../engine/index.ts';
import { arnSegments, globMatches, type Piece, parsePattern, splitAtColons, substitute } from './patterns.ts';

/** AND over operators and keys. */
export function conditionsAreTrue(
  cells: readonly ConditionElement[],
  withVariables: boolean,
  context: ContextMap,
): boolean {
  return cells.every((cell) => cellIsTrue(cell, withVariables, context));
}

function cellIsTrue(cell: ConditionElement, withVariables: boolean, context: ContextMap): boolean {
  const written = cell.operator.value.toLowerCase();
  const forAll = written.startsWith('forallvalues:');
  const forAny = written.startsWith('foranyvalue:');
  const ifExists = written.endsWith('ifexists');
  const operator = written.replace(/^for(all|any)values?:/, '').replace(/ifexists$/, '');
  const negated = operator.includes('not');
  const policyValues = cell.values.map((value) => value.value);

  const raw = context.get(cell.key.value.toLowerCase());
  const values = raw === undefined ? [] : typeof raw === 'string' ? [raw] : [...raw];
  const nothing = values.every((value) => value === '');
  const matches = (value: string) => {
    const outcomes = policyValues.map((policyValue) => compare(operator, policyValue, value, withVariables, context));
    if (outcomes.includes('unreadable')) return false;
    return negated ? !outcomes.includes(true) : outcomes.includes(true);
  };

  if (operator === 'null') return policyValues.some((value) => value.toLowerCase() === String(nothing));
  if (forAll) return nothing || values.every(matches);
  if (forAny) return !nothing && values.some(matches);
  if (nothing) return negated || ifExists;
  return values.length === 1 && values.every(matches);
}

/** Whether one request value stands in the operator's (positive) relation to one policy value. */
function compare(
  operator: string,
  policyValue: string,
  value: string,
  withVariables: boolean,
  context: ContextMap,
): boolean | 'unreadable' {
  const positive = operator.replace('not', '');
  switch (positive) {
    case 'stringequals': {
      return render(policyValue, withVariables, context) === value;
    }
    case 'stringequalsignorecase': {
      return render(policyValue, withVariables, context)?.toLowerCase() === value.toLowerCase();
    }
    case 'stringlike':
      return globMatches(parsePattern(policyValue, true, withVariables), value, context);
    case 'arnequals':
    case 'arnlike':
      return arnMatches(parsePattern(policyValue, true, withVariables), value, context);
    case 'bool': {
      if (!/^(true|false)$/i.test(value)) return 'unreadable';
      return render(policyValue, withVariables, context)?.toLowerCase() === value.toLowerCase();
    }
    case 'binaryequals':
      return Buffer.from(policyValue, 'base64').equals(Buffer.from(value, 'base64')) && value.length % 4 === 0;
    case 'ipaddress':
      return inRange(policyValue, value);
    case 'timeofdaybetween':
      return inWindow(policyValue, value);
  }
  const isDate = positive.startsWith('date');
  const left = isDate ? dateNanoseconds(value) : scaled(value);
  const right = isDate ? dateNanoseconds(policyValue) : scaled(policyValue);
  if (left === undefined || right === undefined) return 'unreadable';
  switch (positive.replace(/^(date|numeric)/, '')) {
    case 'equals':
      return left === right;
    case 'lessthan':
      return left < right;
    case 'lessthanequals':
      return left <= right;
    case 'greaterthan':
      return left > right;
    case 'greaterthanequals':
      return left >= right;
    default:
      throw new Error(`operator ${operator} is unknown to the reference evaluator`);
  }
}

function render(policyValue: string, withVariables: boolean, context: ContextMap): string | undefined {
  const pieces = substitute(parsePattern(policyValue, false, withVariables), context);
  return pieces?.map((piece) => (piece.type === 'character' ? piece.character : '')).join('');
}

function arnMatches(pieces: readonly Piece[], value: string, context: ContextMap): boolean {
  const wanted = splitAtColons(pieces);
  const actual = arnSegments(value);
  if (wanted.length < 6 || !actual) return false;
  return wanted.every((part, index) => globMatches(part, actual[index] ?? '', context));
}

/** A decimal times ten to the thirtieth. */
function scaled(text: string): bigint | undefined {
  const match = /^([+-]?)([0-9]+)(?:\.([0-9]+))?$/.exec(text);
  if (!match) return undefined;
  const fraction = match[3] ?? '';
  if (fraction.length > 30) throw new Error('the reference evaluator compares at most 30 decimals');
  const magnitude = BigInt(`${match[2]}${fraction.padEnd(30, '0')}`);
  return match[1] === '-' ? -magnitude : magnitude;
}

/** An instant in nanoseconds since the epoch. */
function dateNanoseconds(text: string): bigint | undefined {
  if (/^-?[0-9]+(\.[0-9]+)?$/.test(text) && !/^[0-9]{4}$/.test(text)) {
    const seconds = scaled(text);
    return seconds === undefined ? undefined : seconds / 10n ** 21n;
  }
  const match =
    /^([0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}(?:T[0-9:]{5,8})?)?)?)(?:\.([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})?$/.exec(text);
  if (!match) return undefined;
  const [, body = '', fraction = '', zone = ''] = match;
  if (body.includes('T') !== (zone !== '')) return undefined;
  const milliseconds = Date.parse(body + zone);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

function inRange(range: string, text: string): boolean | 'unreadable' {
  const [base = '', prefix] = range.split('/');
  const low = address(base);
  const actual = address(text);
  if (low === undefined || actual === undefined) return 'unreadable';
  if (low.bits !== actual.bits) return false;
  const shift = BigInt(low.bits - Number(prefix ?? low.bits));
  return low.value >> shift === actual.value >> shift;
}

function address(text: string): { bits: number; value: bigint } | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1).map(Number);
  if (octets) return { bits: 32, value: octets.reduce((value, octet) => value * 256n + BigInt(octet), 0n) };
  if (!/^[0-9a-fA-F:]+$/.test(text) || !text.includes(':')) return undefined;
  const [front = '', back] = text.split('::');
  const head = front === '' ? [] : front.split(':');
  const tail = back === undefined || back === '' ? [] : back.split(':');
  const groups = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => '0'), ...tail];
  return { bits: 128, value: groups.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n) };
}

function inWindow(window: string, text: string): boolean | 'unreadable' {
  const nanoseconds = dateNanoseconds(text);
  if (nanoseconds === undefined) return 'unreadable';
  const [times = '', timeZone = ''] = window.split('@');
  const [start = '', end = ''] = times.split('-').map((time) => (time.length === 5 ? `${time}:00` : time));
  const now = new Date(Number(nanoseconds / 1_000_000n)).toLocaleTimeString('en-GB', { timeZone, hourCycle: 'h23' });
  return start < end ? now >= start && now < end : now >= start || now < end;
}
