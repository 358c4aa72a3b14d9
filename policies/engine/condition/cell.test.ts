// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
import { describe, expect, it } from 'vitest';
import type { ContextMap } from '../model.ts';
import type { Text } from '../syntax/ast.ts';
import { FindingList } from '../syntax/findings.ts';
import { cellHolds, compileCell, parseOperatorName } from './cell.ts';
import { OPERATORS } from './operators.ts';

const text = (value: string): Text => ({ value, pointer: '', offset: 0 });
function holds(
  operator: string,
  operands: string[],
  value: string | string[] | undefined,
  more: Record<string, string> = {},
): boolean {
  const findings = new FindingList('');
  const cell = compileCell(
    { operator: text(operator), key: text('K:Key'), values: operands.map(text), pointer: '', offset: 0 },
    { variables: true, findings },
  );
  expect(findings.sorted().filter(({ severity }) => severity === 'error')).toEqual([]);
  const context: ContextMap = new Map([
    ...(value === undefined ? [] : [['k:key', value] as const]),
    ...Object.entries(more),
  ]);
  return cellHolds(cell!, context);
}

/** The table of iam.md 1.7, with m(a) true and m(b) false for `StringEquals a`, and the reverse for its negation. */
const FORMS: [operator: string, absent: boolean, empty: boolean, a: boolean, b: boolean, aa: boolean, ab: boolean][] = [
  ['StringEquals', false, false, true, false, false, false],
  ['StringNotEquals', true, true, false, true, false, false],
  ['StringEqualsIfExists', true, true, true, false, false, false],
  ['StringNotEqualsIfExists', true, true, false, true, false, false],
  ['ForAllValues:StringEquals', true, true, true, false, true, false],
  ['ForAllValues:StringNotEquals', true, true, false, true, false, false],
  ['ForAnyValue:StringEquals', false, false, true, false, true, true],
  ['ForAnyValue:StringNotEquals', false, false, false, true, false, true],
  ['ForAllValues:StringEqualsIfExists', true, true, true, false, true, false],
  ['ForAllValues:StringNotEqualsIfExists', true, true, false, true, false, false],
  ['ForAnyValue:StringEqualsIfExists', false, false, true, false, true, true],
  ['ForAnyValue:StringNotEqualsIfExists', false, false, false, true, false, true],
];

describe('the table of forms', () => {
  it.each(FORMS)('%s', (operator, absent, empty, a, b, aa, ab) => {
    expect(holds(operator, ['a'], undefined)).toBe(absent);
    for (const nothing of [[], [''], ['', ''], '']) expect(holds(operator, ['a'], nothing)).toBe(empty);
    for (const one of ['a', ['a']]) expect(holds(operator, ['a'], one)).toBe(a);
    for (const one of ['b', ['b']]) expect(holds(operator, ['a'], one)).toBe(b);
    expect(holds(operator, ['a'], ['a', 'a'])).toBe(aa);
    expect(holds(operator, ['a'], ['a', 'b'])).toBe(ab);
  });

  it.each(['Null', 'NullIfExists', 'ForAllValues:Null', 'ForAnyValue:Null'])('%s asks for presence', (operator) => {
    for (const nothing of [undefined, [], [''], '']) {
      expect(holds(operator, ['true'], nothing)).toBe(true);
      expect(holds(operator, ['FALSE'], nothing)).toBe(false);
    }
    for (const something of ['a', ['a'], ['a', 'b'], ['', 'a']]) {
      expect(holds(operator, ['true'], something)).toBe(false);
      expect(holds(operator, ['false'], something)).toBe(true);
    }
  });

  it.each(['foranyvalue:stringequals', 'FORANYVALUE:STRINGEQUALS'])('reads %s whatever its letter case', (operator) => {
    expect(holds(operator, ['a'], ['a', 'b'])).toBe(true);
    expect(parseOperatorName(operator)?.canonical).toBe('ForAnyValue:StringEquals');
  });
});

/** operator, policy values, request value, expected. */
const PREDICATES: [string, string[], string, boolean][] = [
  ['StringEquals', ['a', 'b'], 'b', true],
  ['StringEquals', ['a*'], 'ab', false],
  ['StringEquals', ['A'], 'a', false],
  ['StringNotEquals', ['a', 'b'], 'b', false],
  ['StringNotEquals', ['a', 'b'], 'c', true],
  ['StringEqualsIgnoreCase', ['Straße'], 'STRAßE', true],
  ['StringNotEqualsIgnoreCase', ['a'], 'A', false],
  ['StringLike', ['a*', 'x?'], 'xy', true],
  ['StringLike', ['a*'], 'A', false],
  ['StringNotLike', ['a*', 'x?'], 'xy', false],
  ['StringNotLike', ['a*'], 'b', true],
  ['NumericEquals', ['10'], '10.0', true],
  ['NumericNotEquals', ['10'], '10.0', false],
  ['NumericNotEquals', ['10'], 'ten', false],
  ['NumericLessThan', ['10'], '9.999', true],
  ['NumericLessThan', ['10'], '10', false],
  ['NumericLessThanEquals', ['10'], '10', true],
  ['NumericGreaterThan', ['10'], '10', false],
  ['NumericGreaterThanEquals', ['10'], '10', true],
  ['NumericGreaterThan', ['10', '1'], '5', true],
  ['DateEquals', ['2025'], '1735689600', true],
  ['DateNotEquals', ['2025'], '1735689600', false],
  ['DateNotEquals', ['2025'], 'never', false],
  ['DateLessThan', ['2025'], '2024-12-31T23:59:59Z', true],
  ['DateLessThanEquals', ['2025'], '2025-01-01T01:00:00+01:00', true],
  ['DateGreaterThan', ['2025'], '2025-01-01T00:00:00.001Z', true],
  ['DateGreaterThanEquals', ['2025'], '2025', true],
  ['Bool', ['true'], 'TRUE', true],
  ['Bool', ['True'], 'true', true],
  ['Bool', ['false'], 'no', false],
  ['BinaryEquals', ['AAE='], 'AAE=', true],
  ['BinaryEquals', ['AAE='], 'AAF=', false],
  ['IpAddress', ['10.0.0.0/8', '192.0.2.1'], '192.0.2.1', true],
  ['IpAddress', ['10.0.0.0/8'], 'x', false],
  ['NotIpAddress', ['10.0.0.0/8'], '11.0.0.1', true],
  ['NotIpAddress', ['10.0.0.0/8'], '10.0.0.1', false],
  ['NotIpAddress', ['10.0.0.0/8'], 'x', false],
  ['ArnEquals', ['arn:aws:s3:::b*'], 'arn:aws:s3:::bx', true],
  ['ArnLike', ['arn:aws:s3:::b?'], 'arn:aws:s3:::bx/y', false],
  ['ArnLike', ['arn:aws:*:::b'], 'arn:aws:s3:x:::b', false],
  ['ArnLike', ['*'], 'arn:aws:s3:::b', false],
  ['ArnLike', ['arn:aws:s3:::*'], 'arn:aws:s3', false],
  ['ArnNotEquals', ['arn:aws:s3:::b'], 'arn:aws:s3:::c', true],
  ['ArnNotLike', ['arn:aws:s3:::b*'], 'arn:aws:s3:::bx', false],
  ['ArnNotLike', ['arn:aws:s3:::b*'], 'not an arn', true],
];

describe('operators', () => {
  it.each(PREDICATES)('%s %j of "%s" is %s', (operator, operands, value, expected) => {
    expect(holds(operator, operands, value)).toBe(expected);
  });

  it('has a row for every operator but those of presence and time', () => {
    const tested = new Set(PREDICATES.map(([operator]) => operator));
    const missing = [...OPERATORS.values()].map(({ name }) => name).filter((name) => !tested.has(name));
    expect(missing).toEqual(['Null', 'TimeOfDayBetween']);
  });

  it('substitutes variables in String, Arn and Bool values; an unresolved one is equal to nothing', () => {
    const more = { 'aws:username': 'alice', flag: 'true', account: '111122223333' };
    expect(holds('StringEquals', ['x-${aws:username}'], 'x-alice', more)).toBe(true);
    expect(holds('StringEqualsIgnoreCase', ['${aws:username}'], 'ALICE', more)).toBe(true);
    expect(holds('StringLike', ['${aws:username}*'], 'alice-2', more)).toBe(true);
    expect(
      holds('ArnLike', ['arn:aws:iam::${account}:user/${aws:username}'], 'arn:aws:iam::111122223333:user/alice', more),
    ).toBe(true);
    expect(holds('Bool', ['${flag}'], 'true', more)).toBe(true);
    for (const operator of ['StringEquals', 'StringLike', 'ArnLike', 'Bool'])
      expect(holds(operator, ['${none}'], 'true')).toBe(false);
    for (const operator of ['StringNotEquals', 'StringNotLike', 'StringNotEqualsIgnoreCase'])
      expect(holds(operator, ['${none}'], 'x')).toBe(true);
    expect(holds('StringNotEquals', ['${none}', 'x'], 'x')).toBe(false);
  });

  it.each(['BinaryNotEquals', 'NotBool', 'StringEqual', 'ForSomeValues:StringEquals', 'IfExists', ''])(
    'does not know "%s"',
    (name) => {
      expect(parseOperatorName(name)).toBeUndefined();
    },
  );
});
