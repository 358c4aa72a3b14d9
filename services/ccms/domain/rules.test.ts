/** The smaller rules of the vault, as tables. */
import { describe, expect, it } from 'vitest';
import { readResourcePolicy } from '../../../policies/engine/index.ts';
import { toDestroy } from './deprecated.ts';
import { type Filter, filterProblem, matches } from './filters.ts';
import { diffValues } from './json-diff.ts';
import { YOUNG_MS } from './limits.ts';
import { isSameRow, policyHash, type SecretRow, secretRowBytes, type VersionRow, versionRowBytes } from './rows.ts';
import { isPublic } from './secret-policy.ts';
import { endsLikeArn, keyReference, parseSecretId, suffixOf } from './secret-ref.ts';
import { tagMap, withTags } from './tags.ts';

const place = { accountId: '111122223333', partition: 'aws', region: 'local-1' };
const arn = (rest: string, accountId = place.accountId) => `arn:aws:secretsmanager:local-1:${accountId}:secret:${rest}`;

describe('how a request names a secret', () => {
  it.each([
    ['shop/db', [{ name: 'shop/db' }], place.accountId],
    ['shop/db-a1B2c3', [{ name: 'shop/db-a1B2c3' }], place.accountId],
    [arn('shop/db-a1B2c3'), [{ name: 'shop/db', suffix: 'a1B2c3' }, { name: 'shop/db-a1B2c3' }], place.accountId],
    [arn('shop/db'), [{ name: 'shop/db' }], place.accountId],
    [arn('x-a1B2c3', '444455556666'), [{ name: 'x', suffix: 'a1B2c3' }, { name: 'x-a1B2c3' }], '444455556666'],
  ])('%s', (text, names, accountId) => {
    expect(parseSecretId(text, place)).toMatchObject({ names, accountId });
  });

  it.each([
    'a b',
    'a:b',
    arn('x-a1B2c3').replace('local-1', 'eu-west-1'),
    arn('x-a1B2c3').replace('arn:aws:', 'arn:other:'),
    arn('x-a1B2c3', 'me'),
    'arn:aws:kms:local-1:111122223333:key/x',
    'arn:aws:secretsmanager:local-1:111122223333:secret:',
  ])('refuses %s', (text) => expect(parseSecretId(text, place)).toBeUndefined());

  it('authorizes a missing name under an ARN that patterns for it match', () => {
    expect(parseSecretId('shop/db', place)?.arn).toBe(arn('shop/db-??????'));
  });

  it('knows names that end like an ARN', () => {
    expect(['a-123456', 'a-abcdef'].map(endsLikeArn)).toEqual([true, true]);
    expect(['a', 'a-12345', '-123456', 'a-1234567', 'a_123456'].map(endsLikeArn)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('makes suffixes without a bias', () => {
    expect(suffixOf(Buffer.of(0, 61, 62, 247, 1, 2))).toBe('A9A9BC');
    expect(suffixOf(Buffer.of(248, 249, 250, 251, 252, 253, 254, 255))).toBeUndefined();
  });

  it('reads bare keys as those of the account of the secret', () => {
    expect(keyReference('alias/a', place)).toBe('arn:aws:kms:local-1:111122223333:alias/a');
    expect(keyReference('0b1c', place)).toBe('arn:aws:kms:local-1:111122223333:key/0b1c');
    expect(keyReference('arn:x', place)).toBe('arn:x');
  });
});

describe('versions without a stage', () => {
  const versions = (count: number, age: number) =>
    Array.from({ length: count }, (_, i) => ({
      version_id: `v${i + 1}`,
      ordinal: i + 1,
      created_at: 10 * YOUNG_MS - age,
    }));

  it('stay up to a hundred', () => {
    expect(toDestroy(versions(101, YOUNG_MS), new Map([['AWSCURRENT', 'v101']]), 10 * YOUNG_MS)).toEqual([]);
  });
  it('go beyond that, the oldest first', () => {
    const gone = toDestroy(
      versions(103, YOUNG_MS),
      new Map([
        ['AWSCURRENT', 'v103'],
        ['old', 'v1'],
      ]),
      10 * YOUNG_MS,
    );
    expect(gone).toEqual(['v2']);
  });
  it('stay while they are younger than a day, so that no more can be added', () => {
    expect(toDestroy(versions(102, YOUNG_MS - 1), new Map([['AWSCURRENT', 'v102']]), 10 * YOUNG_MS)).toBeUndefined();
  });
});

describe('filters', () => {
  const secret = {
    name: 'prod/ShopDb2',
    description: 'The main Database of the shop',
    region: 'local-1',
    tags: { Team: 'red' },
  };
  it.each<[Filter[], boolean]>([
    [[], true],
    [[{ Key: 'name', Values: ['prod/'] }], true],
    [[{ Key: 'name', Values: ['Prod/'] }], false],
    [[{ Key: 'name', Values: ['dev/', 'prod/'] }], true],
    [[{ Key: 'name', Values: ['!prod/'] }], false],
    [[{ Key: 'name', Values: ['!dev/'] }], true],
    [[{ Key: 'name', Values: ['prod/', '!prod/Shop'] }], false],
    [[{ Key: 'description', Values: ['database'] }], true],
    [[{ Key: 'description', Values: ['abase'] }], false],
    [[{ Key: 'tag-key', Values: ['Te'] }], true],
    [[{ Key: 'tag-key', Values: ['te'] }], false],
    [
      [
        { Key: 'tag-value', Values: ['red'] },
        { Key: 'name', Values: ['prod'] },
      ],
      true,
    ],
    [
      [
        { Key: 'tag-value', Values: ['red'] },
        { Key: 'name', Values: ['dev'] },
      ],
      false,
    ],
    [[{ Key: 'primary-region', Values: ['local'] }], true],
    [[{ Key: 'owning-service', Values: ['rds'] }], false],
    [[{ Key: 'owning-service', Values: ['!rds'] }], true],
    [[{ Key: 'all', Values: ['shop db'] }], true],
    [[{ Key: 'all', Values: ['RED'] }], true],
    [[{ Key: 'all', Values: ['blue'] }], false],
  ])('%j', (filters, expected) => expect(matches(secret, filters)).toBe(expected));

  it('need a key and values', () => {
    expect(filterProblem([{ Values: ['x'] }])).toMatch(/Key/);
    expect(filterProblem([{ Key: 'name' }])).toMatch(/Values/);
    expect(filterProblem([{ Key: 'name', Values: ['x'] }])).toBeUndefined();
  });
});

describe('the comparison of two values', () => {
  const diff = (a: string, b: string) => diffValues(Buffer.from(a), Buffer.from(b), a === b);
  it.each([
    ['{"a":1,"b":2}', '{"b":3,"c":4}', { Comparable: 'json', Added: ['c'], Removed: ['a'], Changed: ['b'] }],
    ['{"a":{"x":1,"y":2}}', '{"a":{"y":2,"x":1}}', { Comparable: 'json', Equal: false, Changed: [] }],
    ['{"__proto__":1}', '{}', { Comparable: 'json', Removed: ['__proto__'] }],
    ['{"a":[1,2]}', '{"a":[2,1]}', { Changed: ['a'] }],
    ['[1]', '[2]', { Comparable: 'opaque', Changed: [] }],
    ['secret', '{"a":1}', { Comparable: 'opaque', Equal: false }],
    ['secret', 'secret', { Comparable: 'opaque', Equal: true }],
  ])('%s and %s', (a, b, expected) => expect(diff(a, b)).toMatchObject(expected));
});

describe('a public policy', () => {
  const judged = (statement: object) => {
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Action: 'secretsmanager:*', Resource: '*', ...statement }],
    });
    const read = readResourcePolicy(text, { arn: arn('x-a1B2c3'), name: 'p' });
    if (!read.ok) throw new Error(read.message);
    return isPublic(read.policy);
  };
  const everybody = { Effect: 'Allow', Principal: '*' };
  const when = (operator: string, key: string, value: string | string[]) => ({
    Condition: { [operator]: { [key]: value } },
  });
  const VARIABLE = `$${'{aws:PrincipalAccount}'}`;
  it.each<[object, boolean]>([
    [everybody, true],
    [{ Effect: 'Allow', Principal: { AWS: '*' } }, true],
    [{ Effect: 'Allow', NotPrincipal: { AWS: 'arn:aws:iam::111122223333:root' } }, true],
    [{ Effect: 'Deny', Principal: '*' }, false],
    [{ Effect: 'Allow', Principal: { AWS: '111122223333' } }, false],
    [{ ...everybody, ...when('StringEquals', 'aws:PrincipalAccount', '111122223333') }, false],
    [{ ...everybody, ...when('StringEquals', 'AWS:principalORGid', 'o-abc') }, false],
    [{ ...everybody, ...when('StringLike', 'aws:PrincipalAccount', '1111*') }, true],
    [{ ...everybody, ...when('StringEqualsIfExists', 'aws:PrincipalAccount', '111122223333') }, true],
    [{ ...everybody, ...when('StringNotEquals', 'aws:PrincipalAccount', '111122223333') }, true],
    [{ ...everybody, ...when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*') }, false],
    [{ ...everybody, ...when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/app') }, true],
    [{ ...everybody, ...when('StringEquals', 'aws:PrincipalAccount', ['111122223333', VARIABLE]) }, true],
    [{ ...everybody, ...when('Bool', 'aws:SecureTransport', 'true') }, true],
    [{ ...everybody, ...when('IpAddress', 'aws:SourceIp', '10.0.0.0/8') }, true],
  ])('%j', (statement, expected) => expect(judged(statement)).toBe(expected));
});

describe('tags', () => {
  it.each([
    [
      [
        { Key: 'a', Value: '1' },
        { Key: 'A', Value: '2' },
      ],
    ],
    [[{ Key: 'aws:x', Value: '1' }]],
    [[{ Key: 'AWS:x', Value: '1' }]],
    [[{ Key: 'TEAM', Value: '1' }]],
    [Array.from({ length: 50 }, (_, i) => ({ Key: `k${i}`, Value: '' }))],
  ])('refuses %j', (added) => {
    expect(withTags(tagMap([{ Key: 'team', Value: 'red' }]), added)).toMatchObject({ ok: false });
  });
  it('takes a tag that is called constructor', () => {
    const tagged = withTags(tagMap([]), [{ Key: 'constructor', Value: 'x' }]);
    expect(tagged.ok && tagged.tags.constructor).toBe('x');
  });
});

describe('what the MAC of a row covers', () => {
  const secret: Omit<SecretRow, 'row_mac'> = {
    ...{ secret_id: 's', account_id: '1', partition: 'aws', region: 'r', name: 'n', suffix: 'abcdef', description: '' },
    ...{
      kms_key_id: null,
      stages: '[]',
      tags: '[]',
      policy: '',
      policy_principals: '[]',
      policy_hash: policyHash('', '[]'),
    },
    ...{ enterprise_project_id: '0', created_at: 1, changed_at: 1, deletion_date: null, deleted_at: null },
    ...{ create_token: 't', last_ordinal: 1, version: 1 },
  };
  const version: Omit<VersionRow, 'row_mac'> = {
    ...{ secret_id: 's', version_id: 'v', account_id: '1', ordinal: 1, created_at: 1, created_by: 'me', key_arn: 'k' },
    ...{
      key_name: 'k',
      kind: 'text',
      fingerprint: Buffer.alloc(32),
      expires_at: null,
      sealed: Buffer.alloc(1),
      version: 1,
    },
  };
  const changed = (value: unknown) =>
    typeof value === 'number'
      ? value + 1
      : value === null
        ? 7
        : Buffer.isBuffer(value)
          ? Buffer.alloc(32, 1)
          : `${value}x`;

  it.each(Object.keys({ ...secret, row_mac: 0 }) as (keyof SecretRow)[])(
    'another %s is another secret row',
    (column) => {
      const row: SecretRow = { ...secret, row_mac: Buffer.alloc(32, 1) };
      const copy = { ...row, row_mac: Buffer.from(row.row_mac) };
      expect(isSameRow(row, copy)).toBe(true);
      const other = Buffer.isBuffer(row[column])
        ? Buffer.alloc(32, 2)
        : typeof row[column] === 'number'
          ? -1
          : 'another';
      expect(isSameRow(row, { ...copy, [column]: other })).toBe(false);
      const { [column]: _gone, ...less } = copy;
      expect(isSameRow(row, less as SecretRow)).toBe(false);
      expect(isSameRow(less as SecretRow, row)).toBe(false);
    },
  );

  it.each(Object.keys(secret).filter((column) => !['policy', 'policy_principals'].includes(column)))(
    'secret: %s',
    (column) => {
      const other = { ...secret, [column]: changed(secret[column as keyof typeof secret]) };
      expect(secretRowBytes(other).equals(secretRowBytes(secret))).toBe(false);
    },
  );
  it.each(Object.keys(version).filter((column) => column !== 'sealed'))('version: %s', (column) => {
    const other = { ...version, [column]: changed(version[column as keyof typeof version]) };
    expect(versionRowBytes(other).equals(versionRowBytes(version))).toBe(false);
  });
  it('the policy and its principals by their hash', () => {
    expect(policyHash('ab', 'c')).not.toBe(policyHash('a', 'bc'));
  });
});
