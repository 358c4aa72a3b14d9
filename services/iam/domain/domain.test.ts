import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits } from '../../../policies/engine/index.ts';
import { deriveSigningKey, isSessionKeyId, lengthPrefixed, secretFromRandom } from './access-key-format.ts';
import { buildContext } from './authorize-context.ts';
import { editDistance, isKnownAction, nearestAction } from './known-actions.ts';
import { inlinePolicyArn, nameKey, parsePolicyArn, parseUserArn, parseVersionId, policyArn, userArn } from './names.ts';
import { checkNamespace, parseDefinition, writeDefinition } from './namespace.ts';
import { checkDocument } from './policy-check.ts';
import { checkTags } from './tags.ts';
import { deletionConflict } from './user-deletion.ts';

const scope = { partition: 'aws', accountId: '123456789012' };

describe('names', () => {
  it.each([
    ['Alice', 'alice'],
    ['ALICE.B-1', 'alice.b-1'],
    ['\u212Aate', '\u212Aate'], // the Kelvin sign is not a k
    ['\u0130', '\u0130'],
    ['\u017F', '\u017F'],
    ['', ''],
  ])('nameKey(%j) is %j', (name, key) => expect(nameKey(name)).toBe(key));

  const anyText = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
  it('folds ASCII letters and nothing else', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const expected = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
        expect(nameKey(name)).toBe(expected);
      }),
    );
  });

  it.each([
    ['arn:aws:iam::123456789012:policy/a', { path: '/', name: 'a' }],
    ['arn:aws:iam::123456789012:policy/team/x/a', { path: '/team/x/', name: 'a' }],
    ['arn:aws:iam::210987654321:policy/a', undefined],
    ['arn:aws-cn:iam::123456789012:policy/a', undefined],
    ['arn:aws:iam:local-1:123456789012:policy/a', undefined],
    ['arn:aws:kms::123456789012:policy/a', undefined],
    ['arn:aws:iam::123456789012:user/a', undefined],
    ['arn:aws:iam::123456789012:policy/', undefined],
    ['arn:aws:iam::aws:policy/AdministratorAccess', undefined],
  ])('policy of %s is %j', (arn, expected) => expect(parsePolicyArn(arn, scope)).toEqual(expected));

  it('reads back the ARNs it writes', () => {
    const path = fc.constantFrom('/', '/a/', '/a/b/', '/policy/user/');
    const name = fc.stringMatching(/^[A-Za-z0-9_+=,.@-]{1,20}$/);
    fc.assert(
      fc.property(path, name, (p, n) => {
        expect(parsePolicyArn(policyArn(scope, p, n), scope)).toEqual({ path: p, name: n });
        expect(parseUserArn(userArn(scope, p, n), scope)).toEqual({ path: p, name: n });
      }),
    );
  });

  it('never gives an inline policy the ARN of a user or policy', () => {
    expect(inlinePolicyArn(scope, 'user', 'a', 'b')).toBe('arn:aws:iam::123456789012:user-policy/a/b');
    expect(parseUserArn(inlinePolicyArn(scope, 'user', 'a', 'b'), scope)).toBeUndefined();
  });

  it.each([
    ['v1', 1],
    ['v12', 12],
    ['v0', undefined],
    ['v01', undefined],
    ['v1.a', undefined],
    ['1', undefined],
    ['v9999999999', undefined],
  ])('version %s is %s', (text, number) => expect(parseVersionId(text)).toBe(number));
});

describe('tags', () => {
  const tag = (Key: string, Value = 'v') => ({ Key, Value });
  it.each([
    ['a free key', [tag('team')], [], undefined],
    ['a new value of the same key', [tag('team', 'x')], [tag('team')], undefined],
    ['the same key twice', [tag('team'), tag('team')], [], 'InvalidInput'],
    ['two keys that differ in case', [tag('team'), tag('Team')], [], 'InvalidInput'],
    ['a key that differs in case from an existing one', [tag('TEAM')], [tag('team')], 'InvalidInput'],
    ['the Kelvin sign beside k', [tag('\u212Aey')], [tag('key')], 'InvalidInput'],
    ['a reserved key', [tag('aws:x')], [], 'InvalidInput'],
    ['a reserved key in capitals', [tag('AWS:x')], [], 'InvalidInput'],
    ['one too many', [tag('c')], [tag('a'), tag('b')], 'LimitExceeded'],
  ])('%s', (_, added, existing, code) => expect(checkTags(added, existing, 2)?.code).toBe(code));
});

describe('deletion', () => {
  it('names everything that is in the way, the first thing in the sentence', () => {
    const conflict = deletionConflict({
      attachedPolicies: [],
      inlinePolicies: ['p'],
      accessKeys: ['AKIA1'],
      groups: ['g'],
    });
    expect(conflict?.message).toBe('Cannot delete entity, must delete policies first.');
    expect(conflict?.hint).toBe('still there: inline policies p; access keys AKIA1; groups g');
  });
  it('finds nothing to complain about', () => {
    expect(deletionConflict({ attachedPolicies: [], inlinePolicies: [] })).toBeUndefined();
  });
});

describe('documents', () => {
  it('says where the first fault is', () => {
    const text = '{"Version":"2012-10-17",\n "Statement":[{"Effect":"Allow","Action":"kms:*"}]}';
    const problem = checkDocument(text, defaultLimits);
    expect(problem?.message).toMatch(/^Syntax errors in policy\. .* at \/Statement\/0 \(line 2, column 15\)/);
    expect(problem?.findings.length).toBeGreaterThan(0);
  });
  it('accepts a document that security warnings speak about', () => {
    const open = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}';
    expect(checkDocument(open, defaultLimits)).toBeUndefined();
  });
});

describe('keys', () => {
  it('tells session keys by their prefix', () => {
    expect(isSessionKeyId('ASIAIOSFODNN7EXAMPLE')).toBe(true);
    expect(isSessionKeyId('AKIAIOSFODNN7EXAMPLE')).toBe(false);
  });
  it('makes 40 characters of base64 out of 40 bytes', () => {
    expect(secretFromRandom(Buffer.alloc(40, 0xff)).toString()).toBe('/'.repeat(40));
    expect(() => secretFromRandom(Buffer.alloc(39))).toThrow(RangeError);
  });
  it('derives the signing key of the AWS documentation', () => {
    const secret = Buffer.from('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY');
    const key = deriveSigningKey(secret, { date: '20150830', region: 'us-east-1', service: 'iam' });
    expect(key.toString('hex')).toBe('c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9');
  });
  it('writes fields so that they cannot run into each other', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), fc.array(fc.string(), { maxLength: 4 }), (a, b) => {
        expect(lengthPrefixed(...a).equals(lengthPrefixed(...b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

describe('actions that can be asked about', () => {
  const namespaces = new Map([['billing', parseDefinition(writeDefinition([{ Name: 'ReadInvoice' }], undefined))]]);
  const known = { catalogue: undefined, namespaces };
  it.each([
    ['billing:ReadInvoice', true],
    ['billing:readinvoice', true],
    ['billing:PayInvoice', false],
    ['kms:Decrypt', true],
    ['ccms:GetSecretValue', true],
    ['shop:Buy', false],
  ])('%s: %s', (action, expected) => expect(isKnownAction(action, known)).toBe(expected));

  it('checks names of the product when it knows them', () => {
    const entry = { name: 'Decrypt', resourceTypes: [], conditionKeys: [] };
    const services = new Map([['kms', new Map([['decrypt', entry]])]]);
    const strict = { catalogue: { services, conditionKeys: new Map() }, namespaces };
    expect(isKnownAction('kms:DECRYPT', strict)).toBe(true);
    expect(isKnownAction('kms:Decrpt', strict)).toBe(false);
    expect(nearestAction('kms:Decrpt', strict)).toBe('kms:Decrypt');
    expect(nearestAction('biling:ReadInvoice', strict)).toBe('billing:ReadInvoice');
    expect(nearestAction('zzz:Completely-Different-Name', strict)).toBeUndefined();
  });

  it('measures like the textbook', () => {
    expect(editDistance('kitten', 'sitting', 5)).toBe(3);
    expect(editDistance('kitten', 'sitting', 2)).toBeUndefined();
    expect(editDistance('', 'ab', 2)).toBe(2);
    expect(editDistance('same', 'same', 0)).toBe(0);
  });
});

describe('namespaces', () => {
  it.each([
    ['billing', [{ Name: 'Read' }], [], undefined],
    ['kms', [{ Name: 'Read' }], [], 'Name'],
    ['org', [{ Name: 'Read' }], [], 'Name'],
    ['aws-billing', [{ Name: 'Read' }], [], 'Name'],
    ['shop', [{ Name: 'Read' }], [], 'Name'],
    ['billing', [{ Name: 'Read' }, { Name: 'read' }], [], 'Actions'],
    ['billing', [{ Name: 'Read' }], ['aws:PrincipalArn'], 'ConditionKeys'],
    ['billing', [{ Name: 'Read' }], ['billing:Amount'], undefined],
  ])('%s %j %j: %s', (name, actions, keys, member) =>
    expect(checkNamespace(name, actions, keys, ['shop'])?.member).toBe(member),
  );
});

describe('the context of a decision', () => {
  const subject = {
    kind: 'user' as const,
    arn: 'arn:aws:iam::123456789012:user/alice',
    accountId: '123456789012',
    principalId: 'AIDAEXAMPLE',
    userName: 'alice',
    tags: { Team: 'a' },
  };
  const build = (given?: Parameters<typeof buildContext>[2], tags?: Record<string, string>) =>
    buildContext(subject, { places: new Map([['aws:resourceaccount', '123456789012']]), tags }, given, {
      now: Date.UTC(2026, 10, 22),
      region: 'local-1',
    });
  const values = (given?: Parameters<typeof buildContext>[2], tags?: Record<string, string>) => {
    const result = build(given, tags);
    if (!result.ok) throw new Error(result.message);
    return Object.fromEntries(result.context);
  };

  it('holds what the platform knows about the subject', () => {
    expect(values()).toMatchObject({
      'aws:principalarn': subject.arn,
      'aws:userid': 'AIDAEXAMPLE',
      'aws:username': 'alice',
      'aws:principaltag/team': 'a',
      'aws:principaltype': 'User',
      'aws:currenttime': '2026-11-22T00:00:00Z',
      'parapet:dayofweek': 'Sunday',
    });
    expect(values()).not.toHaveProperty(['aws:sourceip']);
  });

  it('takes what the application says about the request', () => {
    const given = {
      'aws:SourceIp': '10.0.0.1',
      'aws:MultiFactorAuthPresent': true,
      'app:Amount': 250,
      'app:List': ['a'],
    };
    expect(values(given, { env: 'prod' })).toMatchObject({
      'aws:sourceip': '10.0.0.1',
      'aws:multifactorauthpresent': 'true',
      'app:amount': '250',
      'app:list': ['a'],
      'aws:resourcetag/env': 'prod',
    });
  });

  it('tells one time under every key', () => {
    expect(values({ 'aws:CurrentTime': '2026-11-23T02:30:00Z' })).toMatchObject({
      'aws:currenttime': '2026-11-23T02:30:00Z',
      'aws:epochtime': '1795401000',
      'parapet:timeofday': '02:30:00',
      'parapet:dayofweek': 'Monday',
    });
  });

  it.each([
    ['aws:PrincipalArn'],
    ['AWS:principalarn'],
    ['aws:PrincipalTag/Team'],
    ['aws:PrincipalOrgID'],
    ['aws:userid'],
    ['aws:username'],
    ['aws:ResourceAccount'],
    ['nokey'],
  ])('refuses %s', (key) => expect(build({ [key]: 'x' }).ok).toBe(false));

  it('refuses a key that is given twice', () => {
    expect(build({ 'app:a': '1', 'APP:A': '2' }).ok).toBe(false);
    expect(build({ 'aws:ResourceTag/env': 'dev' }, { env: 'prod' }).ok).toBe(false);
  });
});
