import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseKeyReference } from './key-ref.ts';

const place = { accountId: '111122223333', partition: 'aws', region: 'local-1' };
const id = '00112233-4455-6677-8899-aabbccddeeff';
const own = 'arn:aws:kms:local-1:111122223333';
const other = 'arn:aws:kms:local-1:444455556666';

describe('parseKeyReference', () => {
  it.each([
    [id, { kind: 'key', accountId: '111122223333', keyId: id, arn: `${own}:key/${id}` }],
    [`${own}:key/${id}`, { kind: 'key', accountId: '111122223333', keyId: id, arn: `${own}:key/${id}` }],
    [`${other}:key/${id}`, { kind: 'key', accountId: '444455556666', keyId: id, arn: `${other}:key/${id}` }],
    ['alias/app', { kind: 'alias', accountId: '111122223333', aliasName: 'alias/app', arn: `${own}:alias/app` }],
    ['alias/a/b:c', { kind: 'alias', accountId: '111122223333', aliasName: 'alias/a/b:c', arn: `${own}:alias/a/b:c` }],
    [
      `${other}:alias/app`,
      { kind: 'alias', accountId: '444455556666', aliasName: 'alias/app', arn: `${other}:alias/app` },
    ],
    ['mrk-00112233445566778899aabbccddeeff', { kind: 'key', keyId: 'mrk-00112233445566778899aabbccddeeff' }],
  ])('reads %s', (text, expected) => {
    expect(parseKeyReference(text, place)).toMatchObject(expected);
  });

  it.each([
    ['fake-key-id', 'NotFound', "Invalid keyId 'fake-key-id'"],
    ['134f2428cec14b25a1ae9048164dba47', 'NotFound', "Invalid keyId '134f2428cec14b25a1ae9048164dba47'"],
    ['mrk-fake-key-id', 'NotFound', "Invalid keyId 'mrk-fake-key-id'"],
    [id.toUpperCase(), 'NotFound', `Invalid keyId '${id.toUpperCase()}'`],
    ['alias/', 'NotFound', "Invalid keyId 'alias/'"],
    ['alias/a b', 'NotFound', "Invalid keyId 'alias/a b'"],
    [`arn:aws:kms:ap-southeast-1:111122223333:key/${id}`, 'NotFound', 'Invalid arn ap-southeast-1'],
    [
      `arn:aws-cn:kms:local-1:111122223333:key/${id}`,
      'InvalidArn',
      `Invalid arn arn:aws-cn:kms:local-1:111122223333:key/${id}`,
    ],
    [`arn:aws:iam::111122223333:user/x`, 'InvalidArn', 'Invalid arn arn:aws:iam::111122223333:user/x'],
    [`arn:aws:kms:local-1:1111:key/${id}`, 'InvalidArn', `Invalid arn arn:aws:kms:local-1:1111:key/${id}`],
    [`${own}:grant/${id}`, 'InvalidArn', `Invalid arn ${own}:grant/${id}`],
    ['arn:aws:kms', 'InvalidArn', 'Invalid arn arn:aws:kms'],
  ])('refuses %s', (text, code, message) => {
    expect(parseKeyReference(text, place)).toEqual({ kind: 'refused', code, message });
  });

  it('reaches another account only by an ARN that names it', () => {
    const parts = fc.constantFrom('arn', 'aws', 'kms', 'local-1', '444455556666', 'key/', 'alias/', id, ':', '/', 'x');
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 14 }), (words) => {
        const text = words.join('');
        const reference = parseKeyReference(text, place);
        if (reference.kind === 'refused' || reference.accountId === place.accountId) return;
        expect(text.startsWith(`arn:aws:kms:local-1:${reference.accountId}:`)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
