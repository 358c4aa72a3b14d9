import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { canonicalText, factsHash, readConfiguration } from './configuration.ts';
import { differences } from './difference.ts';
import { exceptionFor, expiryFault, type RuleException, shownVerdict } from './exceptions.ts';
import { type JsonValue, schemaFaults, valueFaults } from './json-schema.ts';
import { externalArn, parseExternalArn, recorderOf } from './names.ts';
import { Places } from './places.ts';
import { addTally, emptyTally, scoreOf } from './score.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;

describe('schemas of external types', () => {
  const schema = parse(`
    type: object
    required: [encrypted]
    additionalProperties: false
    properties:
      encrypted: { type: boolean }
      size: { type: integer, minimum: 1, exclusiveMaximum: 100 }
      name: { type: string, minLength: 2, maxLength: 4 }
      kind: { enum: [a, b, 3] }
      disks: { type: array, minItems: 1, maxItems: 2, items: { $ref: '#/$defs/disk' } }
      either: { oneOf: [{ type: string }, { type: number }] }
      neither: { not: { type: string } }
      both: { allOf: [{ minimum: 2 }, { maximum: 4 }] }
    $defs:
      disk: { type: object, properties: { id: { type: string } }, required: [id] }
  `);

  it.each<[string, JsonValue, string[]]>([
    [
      'everything',
      { encrypted: true, size: 2, name: 'ab', kind: 3, disks: [{ id: 'x' }], either: 1, neither: 1, both: 3 },
      [],
    ],
    ['a missing member', {}, ['/: has no member encrypted']],
    ['another type', { encrypted: 'yes' }, ['/encrypted: is not of type boolean']],
    ['an unknown member', { encrypted: true, 'a/b': 1 }, ['/a~1b: is not permitted']],
    ['a fraction', { encrypted: true, size: 1.5 }, ['/size: is not of type integer']],
    ['numbers out of range', { encrypted: true, size: 100 }, ['/size: is not less than 100']],
    ['a long text, by characters', { encrypted: true, name: '😀😀😀😀' }, []],
    ['a longer text', { encrypted: true, name: 'abcde' }, ['/name: is longer than 4']],
    ['another value', { encrypted: true, kind: 'c' }, ['/kind: is none of the permitted values']],
    ['a fault inside a list', { encrypted: true, disks: [{ id: 'x' }, {}] }, ['/disks/1: has no member id']],
    ['no alternative', { encrypted: true, either: true }, ['/either: does not fit exactly one of the alternatives']],
    ['what must not be', { encrypted: true, neither: 'x' }, ['/neither: is what it must not be']],
    ['half of both', { encrypted: true, both: 5 }, ['/both: is more than 4']],
    ['no object', [], ['/: is not of type object']],
  ])('%s', (_title, value, faults) => {
    expect(schemaFaults(schema)).toEqual([]);
    expect(valueFaults(schema, value)).toEqual(faults);
  });

  it.each<[string, unknown]>([
    ['a pattern', { properties: { a: { pattern: '(a+)+$' } } }],
    ['an unknown keyword', { propertyNames: {} }],
    ['a reference elsewhere', { $ref: 'https://example.com/schema' }],
    ['a reference to nothing', { $ref: '#/$defs/x' }],
    ['an unknown type', { type: 'text' }],
    ['a wrong value', { minLength: -1 }],
    ['no schema', 'object'],
    ['a name of the prototype', { constructor: 1 }],
  ])('are refused with %s', (_title, candidate) => {
    expect(schemaFaults(candidate).length).toBeGreaterThan(0);
  });

  it('end also when a schema refers to itself', () => {
    const endless = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } };
    expect(schemaFaults(endless)).toEqual([]);
    expect(valueFaults(endless, 1)).toEqual(['/: takes too long to check']);
    const wide = { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }] } } };
    const started = performance.now();
    expect(valueFaults(wide, 1).length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('configurations', () => {
  it('have one text, whatever the order of their members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as JsonValue;
        const turned = Object.fromEntries(Object.entries(plain as object).reverse()) as JsonValue;
        expect(canonicalText(turned)).toBe(canonicalText(plain));
        expect(JSON.parse(canonicalText(plain))).toEqual(plain);
      }),
    );
  });

  it.each([
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a name that reaches the prototype', '{"a":{"__proto__":{"x":1}}}'],
    ['too deep', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`],
    ['a list that is too long', JSON.stringify({ a: Array.from({ length: 1001 }, () => 1) })],
    ['too long a text', JSON.stringify({ a: 'x'.repeat(70_000) })],
  ])('are refused: %s', (_title, text) => {
    expect(readConfiguration(text).ok).toBe(false);
  });

  it('differ in their hash when name, tags or members differ', () => {
    const base = { name: 'a', configuration: '{"x":1}', tags: { k: 'v' } };
    const hashes = [base, { ...base, name: 'b' }, { ...base, tags: {} }, { ...base, configuration: '{"x":2}' }].map(
      factsHash,
    );
    expect(new Set(hashes).size).toBe(4);
    expect(factsHash({ ...base, tags: { k: 'v' } })).toBe(hashes[0]);
  });
});

describe('differences', () => {
  it('name each member that came, went or changed', () => {
    const before = { a: 1, b: { c: [1, 2] }, gone: true, 'x/y': 1 };
    const after = { a: 2, b: { c: [1, 3, 4] }, come: null, 'x/y': 1 };
    expect(differences(before, after)).toEqual([
      { path: '/a', before: 1, after: 2 },
      { path: '/b/c/1', before: 2, after: 3 },
      { path: '/b/c/2', before: undefined, after: 4 },
      { path: '/come', before: undefined, after: null },
      { path: '/gone', before: true, after: undefined },
    ]);
  });

  it('are none exactly when the configurations are the same', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const [left, right] = [a, b].map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
        expect(differences(left, left)).toEqual([]);
        const equal = canonicalText(left!) === canonicalText(right!);
        expect(differences(left, right).length === 0).toBe(equal);
      }),
    );
  });

  it('are bounded', () => {
    const many = (value: number) => Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`m${i}`, value]));
    expect(differences(many(1), many(2))).toHaveLength(200);
  });
});

describe('exceptions', () => {
  const subject = { arn: 'arn:x', accountId: '111122223333', units: ['r-ab12', 'ou-1'], ruleId: 'G-D-10' };
  const exception = (given: Partial<RuleException>): RuleException => ({
    id: 'e',
    ruleId: 'G-D-10',
    scope: { kind: 'resource', arn: 'arn:x' },
    expiresAt: NOW + DAY,
    ...given,
  });

  it.each<[string, Partial<RuleException>, boolean]>([
    ['the resource', {}, true],
    ['another resource', { scope: { kind: 'resource', arn: 'arn:y' } }, false],
    ['the account', { scope: { kind: 'account', accountId: '111122223333' } }, true],
    ['a unit above', { scope: { kind: 'unit', unitId: 'r-ab12' } }, true],
    ['another unit', { scope: { kind: 'unit', unitId: 'ou-2' } }, false],
    ['every rule', { ruleId: '*' }, true],
    ['another rule', { ruleId: 'G-D-11' }, false],
    ['the past', { expiresAt: NOW }, false],
  ])('cover %s', (_title, given, covered) => {
    expect(exceptionFor([exception(given)], subject, NOW) !== undefined).toBe(covered);
  });

  it('count by the one that lasts longest', () => {
    const found = exceptionFor([exception({}), exception({ id: 'long', expiresAt: NOW + 9 * DAY })], subject, NOW);
    expect(found?.id).toBe('long');
  });

  it('end by themselves, hide no gap and spoil nothing', () => {
    expect(shownVerdict('NON_COMPLIANT', NOW + 1, NOW)).toBe('EXEMPT');
    expect(shownVerdict('NON_COMPLIANT', NOW, NOW)).toBe('NON_COMPLIANT');
    expect(shownVerdict('NON_COMPLIANT', null, NOW)).toBe('NON_COMPLIANT');
    expect(shownVerdict('INSUFFICIENT_DATA', NOW + 1, NOW)).toBe('INSUFFICIENT_DATA');
    expect(shownVerdict('COMPLIANT', NOW + 1, NOW)).toBe('COMPLIANT');
  });

  it('have an end within a year', () => {
    expect(expiryFault(NOW + 365 * DAY, NOW)).toBeUndefined();
    expect(expiryFault(NOW + 366 * DAY, NOW)).toContain('365');
    expect(expiryFault(NOW - 1, NOW)).toContain('past');
  });
});

describe('scores', () => {
  it('weigh by severity and sum, rather than average, accounts', () => {
    const small = emptyTally();
    small.HIGH.compliant = 1;
    const large = emptyTally();
    large.CRITICAL.nonCompliant = 3;
    large.LOW.compliant = 5;
    large.LOW.exempt = 5;
    expect(scoreOf(small)).toEqual({ score: 100, scoreWithoutExceptions: 100 });
    expect(scoreOf(large)).toEqual({ score: 14.29, scoreWithoutExceptions: 12.5 });
    const unit = emptyTally();
    addTally(unit, small);
    addTally(unit, large);
    expect(scoreOf(unit).score).toBe(25);
    expect(scoreOf(emptyTally())).toEqual({ score: undefined, scoreWithoutExceptions: undefined });
  });
});

describe('places', () => {
  const places = new Places({
    managementAccountId: '100000000000',
    delegates: ['300000000000', '900000000000'],
    units: [
      { id: 'r-ab12', name: 'Root', parentId: undefined },
      { id: 'ou-1', name: 'Business', parentId: 'r-ab12' },
    ],
    accounts: [
      { accountId: '100000000000', name: 'management', units: ['r-ab12'], tags: {} },
      { accountId: '200000000000', name: 'shop', units: ['r-ab12', 'ou-1'], tags: {} },
      { accountId: '300000000000', name: 'security', units: ['r-ab12'], tags: {} },
    ],
  });

  it('let the management account and its delegates see all members, everybody else themselves', () => {
    expect(places.reach('100000000000')).toEqual(['100000000000', '200000000000', '300000000000']);
    expect(places.reaches('300000000000', '200000000000')).toBe(true);
    expect(places.reach('200000000000')).toEqual(['200000000000']);
    expect(places.reaches('200000000000', '300000000000')).toBe(false);
    expect(places.reaches('100000000000', '900000000000')).toBe(false);
    expect(places.reaches('900000000000', '200000000000')).toBe(false);
    expect(new Places().reach('500000000000')).toEqual(['500000000000']);
  });

  it('tell rules where an account stands', () => {
    expect(places.factsOf('200000000000')).toMatchObject({ management: false, unitNames: ['Root', 'Business'] });
    expect(places.factsOf('900000000000').organization).toEqual(new Set(['900000000000']));
    expect(places.accountsUnder('ou-1')).toEqual(['200000000000']);
  });
});

describe('names', () => {
  it('say who records a resource', () => {
    expect(recorderOf('arn:aws:iam::111122223333:user/alice')).toBe('iam');
    expect(recorderOf('arn:aws:kms:local-1:111122223333:key/1')).toBe('kms');
    expect(recorderOf('arn:aws:organizations::111122223333:account/o-a1b2c3d4e5/444455556666')).toBe('org');
    expect(recorderOf('arn:aws:iam::aws:policy/ReadOnlyAccess')).toBeUndefined();
    expect(recorderOf('*')).toBeUndefined();
    const arn = externalArn('aws', '111122223333', 'ext:volume', 'zone/vol-1');
    expect(parseExternalArn(arn)).toEqual({ accountId: '111122223333', type: 'ext:volume', id: 'zone/vol-1' });
    expect(recorderOf(arn)).toBeUndefined();
  });
});
