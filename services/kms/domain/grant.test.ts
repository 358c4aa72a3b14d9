import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRANT_OPERATIONS } from '../api/grants.ts';
import { covers, type GrantRow, type GrantTerms, grantRowBytes, isWithin, sameAs, termsProblem } from './grant.ts';

const terms = (
  constraints: GrantTerms['constraints'],
  operations: GrantTerms['operations'] = ['Decrypt'],
): GrantTerms => ({
  operations,
  constraints,
});
const asks = (context: Record<string, string>, action = 'kms:Decrypt') => ({ action, context });

describe('a grant', () => {
  it.each([
    ['its operation', {}, asks({}), true],
    ['another operation', {}, asks({}, 'kms:Encrypt'), false],
    ['the exact context', { EncryptionContextEquals: { a: '1', b: '2' } }, asks({ b: '2', a: '1' }), true],
    ['more than the exact context', { EncryptionContextEquals: { a: '1' } }, asks({ a: '1', b: '2' }), false],
    ['less than the exact context', { EncryptionContextEquals: { a: '1', b: '2' } }, asks({ a: '1' }), false],
    ['no context, exactly', { EncryptionContextEquals: {} }, asks({ a: '1' }), false],
    ['a context with the pairs', { EncryptionContextSubset: { a: '1' } }, asks({ a: '1', b: '2' }), true],
    ['a context without a pair', { EncryptionContextSubset: { a: '1' } }, asks({ b: '2' }), false],
    ['another value', { EncryptionContextSubset: { a: '1' } }, asks({ a: '2' }), false],
    ['a name in other letters', { EncryptionContextSubset: { App: '1' } }, asks({ app: '1' }), false],
    ['names that every object has', { EncryptionContextSubset: { constructor: '1' } }, asks({}), false],
    ['no source', { SourceArn: 'arn:aws:x:::a-resource' }, asks({}), false],
    ['its source', { SourceArn: 'arn:aws:x:::a' }, { ...asks({}), sourceArn: 'arn:aws:x:::a' }, true],
    ['another source', { SourceArn: 'arn:aws:x:::a' }, { ...asks({}), sourceArn: 'arn:aws:x:::A' }, false],
  ] as const)('answers for %s', (_what, constraints, question, answer) => {
    expect(covers(terms(constraints), question)).toBe(answer);
  });

  it('has no say about a context where there is none', () => {
    const constrained = terms({ EncryptionContextEquals: { a: '1' } }, ['DescribeKey', 'RetireGrant', 'Decrypt']);
    expect(covers(constrained, asks({}, 'kms:DescribeKey'))).toBe(true);
    expect(covers(constrained, asks({}, 'kms:RetireGrant'))).toBe(true);
    expect(covers(constrained, asks({}))).toBe(false);
  });

  it.each([
    ['what it has', {}, {}, ['Decrypt'], true],
    ['another operation', {}, {}, ['Encrypt'], false],
    ['without its exact context', { EncryptionContextEquals: { a: '1' } }, {}, ['Decrypt'], false],
    [
      'a subset of its exact context',
      { EncryptionContextEquals: { a: '1' } },
      { EncryptionContextSubset: { a: '1' } },
      ['Decrypt'],
      false,
    ],
    [
      'its exact context',
      { EncryptionContextEquals: { a: '1' } },
      { EncryptionContextEquals: { a: '1' } },
      ['Decrypt'],
      true,
    ],
    [
      'more pairs',
      { EncryptionContextSubset: { a: '1' } },
      { EncryptionContextSubset: { a: '1', b: '2' } },
      ['Decrypt'],
      true,
    ],
    [
      'an exact context with its pairs',
      { EncryptionContextSubset: { a: '1' } },
      { EncryptionContextEquals: { a: '1', b: '2' } },
      ['Decrypt'],
      true,
    ],
    [
      'fewer pairs',
      { EncryptionContextSubset: { a: '1', b: '2' } },
      { EncryptionContextSubset: { a: '1' } },
      ['Decrypt'],
      false,
    ],
    ['no source', { SourceArn: 'arn:aws:x:::a' }, {}, ['Decrypt'], false],
  ] as const)('passes on %s', (_what, parent, child, operations, answer) => {
    const holder = terms(parent, ['CreateGrant', 'Decrypt']);
    expect(isWithin(terms(child, operations), holder)).toBe(answer);
    const question = { ...asks({}, 'kms:CreateGrant'), sourceArn: 'arn:aws:x:::a', child: terms(child, operations) };
    expect(covers(holder, question)).toBe(answer);
  });

  it.each([
    ['signing with a symmetric key', terms({}, ['Sign']), 'SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT', true],
    ['data keys of an RSA key', terms({}, ['GenerateDataKey']), 'RSA_2048', 'ENCRYPT_DECRYPT', true],
    ['the public key of an RSA key', terms({}, ['GetPublicKey']), 'RSA_2048', 'ENCRYPT_DECRYPT', false],
    ['MACs', terms({}, ['GenerateMac', 'VerifyMac']), 'HMAC_256', 'GENERATE_VERIFY_MAC', false],
    [
      'a context of an HMAC key',
      terms({ EncryptionContextEquals: {} }, ['GenerateMac']),
      'HMAC_256',
      'GENERATE_VERIFY_MAC',
      true,
    ],
    [
      'nine pairs',
      terms({ EncryptionContextSubset: Object.fromEntries([...'abcdefghi'].map((c) => [c, c])) }),
      'SYMMETRIC_DEFAULT',
      'ENCRYPT_DECRYPT',
      true,
    ],
    [
      'a long value',
      terms({ EncryptionContextEquals: { a: 'x'.repeat(385) } }),
      'SYMMETRIC_DEFAULT',
      'ENCRYPT_DECRYPT',
      true,
    ],
    [
      'the longest value',
      terms({ EncryptionContextEquals: { a: 'x'.repeat(384) } }),
      'SYMMETRIC_DEFAULT',
      'ENCRYPT_DECRYPT',
      false,
    ],
  ] as const)('is checked when it is made: %s', (_what, wanted, spec, usage, isProblem) => {
    expect(termsProblem(wanted, { spec, usage }) !== undefined).toBe(isProblem);
  });
});

const context = fc.dictionary(fc.constantFrom('a', 'b', 'A'), fc.constantFrom('1', '2'));
const anyTerms = fc.record({
  operations: fc.uniqueArray(fc.constantFrom(...GRANT_OPERATIONS), { minLength: 1 }),
  constraints: fc.record(
    { EncryptionContextEquals: context, EncryptionContextSubset: context, SourceArn: fc.constantFrom('s', 't') },
    { requiredKeys: [] },
  ),
});

/** Two grants of which the second is often within the first. */
const parentAndChild = fc.tuple(anyTerms, anyTerms, fc.boolean()).chain(([parent, other, narrows]) =>
  narrows
    ? fc.record({
        parent: fc.constant(parent),
        child: fc.record({
          operations: fc.subarray(parent.operations, { minLength: 1 }),
          constraints: context.map((more) => ({
            ...parent.constraints,
            ...(!parent.constraints.EncryptionContextEquals && {
              EncryptionContextSubset: { ...more, ...parent.constraints.EncryptionContextSubset },
            }),
          })),
        }),
      })
    : fc.constant({ parent, child: other }),
);

it('what is within a grant covers nothing that the grant does not', () => {
  const counted = { within: 0, covered: 0 };
  fc.assert(
    fc.property(
      parentAndChild,
      context,
      fc.constantFrom(...GRANT_OPERATIONS),
      fc.constantFrom('s', 't', undefined),
      anyTerms,
      ({ parent, child }, asked, operation, sourceArn, grandchild) => {
        if (!isWithin(child, parent)) return;
        counted.within++;
        const question = { action: `kms:${operation}`, context: asked, sourceArn, child: grandchild };
        if (!covers(child, question)) return;
        counted.covered++;
        expect(covers(parent, question)).toBe(true);
      },
    ),
    { numRuns: 10_000 },
  );
  expect(counted.within).toBeGreaterThan(1_000);
  expect(counted.covered).toBeGreaterThan(50);
});

const row: GrantRow = {
  grant_id: 'g',
  key_id: 'k',
  account_id: '1',
  name: 'n',
  grantee: 'u',
  grantee_id: 'U',
  retiring: null,
  retiring_id: null,
  issuing_account: '1',
  operations: '["Decrypt"]',
  constraints: '{"EncryptionContextEquals":{"a":"1","b":"2"}}',
  created_at: 1,
  same_as: 's',
  row_mac: Buffer.alloc(32),
};

describe('the row of a grant', () => {
  it.each(Object.keys(row).filter((column) => column !== 'row_mac'))('is covered by its MAC: %s', (column) => {
    const value = row[column as keyof GrantRow];
    const other = { ...row, [column]: typeof value === 'number' ? value + 1 : `${value ?? ''}x` };
    expect(grantRowBytes(other)).not.toEqual(grantRowBytes(row));
  });

  it('is the same for a repeated request, in whatever order it names a context', () => {
    const reordered = { ...row, constraints: '{"EncryptionContextEquals":{"b":"2","a":"1"}}' };
    expect(sameAs(reordered)).toBe(sameAs(row));
    expect(sameAs({ ...row, grantee_id: 'V' })).not.toBe(sameAs(row));
    expect(sameAs({ ...row, constraints: '{"EncryptionContextSubset":{"a":"1","b":"2"}}' })).not.toBe(sameAs(row));
    expect(sameAs({ ...row, name: null })).toBeNull();
  });
});
