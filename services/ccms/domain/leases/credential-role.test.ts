import { describe, expect, it } from 'vitest';
import { TARGET_FAILURE_CODES } from '../rotation/failures.ts';
import { credentialRoleArn, limitsProblem, parseCredentialRole, settingsProblem } from './credential-role.ts';
import { failureHint, passes } from './failure-hints.ts';

const place = { accountId: '111122223333', partition: 'aws', region: 'local-1' };
const arn = (name: string) => credentialRoleArn(place, name);

describe('a credential role', () => {
  it.each([
    ['reader', { accountId: place.accountId, name: 'reader' }],
    [arn('shop/reader'), { accountId: place.accountId, name: 'shop/reader' }],
    [arn('reader').replace('111122223333', '444455556666'), { accountId: '444455556666', name: 'reader' }],
    [arn('reader').replace('local-1', 'local-2'), undefined],
    [arn('reader').replace(':secretsmanager:', ':kms:'), undefined],
    [arn('reader').replace('credential-role:', 'secret:'), undefined],
    [arn('reader').replace('111122223333', 'x'), undefined],
    [arn(''), undefined],
    ['a b', undefined],
    ['x'.repeat(129), undefined],
  ])('is named by %s', (text, expected) => {
    const found = parseCredentialRole(text, place);
    if (expected) expect(found).toMatchObject(expected);
    else expect(found).toBeUndefined();
  });

  const limits = { defaultTtlSeconds: 3600, maxTtlSeconds: 7200, maxLeases: 10, maxLeasesPerPrincipal: 5 };
  it.each([
    [{}, undefined],
    [{ defaultTtlSeconds: 7200 }, undefined],
    [{ defaultTtlSeconds: 7201 }, /longer than the longest/],
    [{ maxLeasesPerPrincipal: 11 }, /only 10/],
  ])('with %o has limits that fit together, or says why not', (more, problem) => {
    const found = limitsProblem({ ...limits, ...more });
    if (problem) expect(found).toMatch(problem);
    else expect(found).toBeUndefined();
  });

  it.each([
    ['postgres', { ActAs: 'x' }, undefined],
    ['postgres', { Grants: [] }, /needs ActAs/],
    ['postgres', { ActAs: 'x', Grants: [] }, /has ActAs only/],
    ['mariadb', { Grants: [] }, undefined],
    ['mariadb', { ActAs: 'x' }, /needs Grants/],
    ['mariadb', { ActAs: 'x', Grants: [] }, /has Grants only/],
    ['redis', { ActAs: 'x' }, /no users with a lease/],
  ])('of %s with %o', (engine, settings, problem) => {
    const found = settingsProblem(engine, settings);
    if (problem) expect(found).toMatch(problem);
    else expect(found).toBeUndefined();
  });
});

describe('a failure', () => {
  it.each([...TARGET_FAILURE_CODES, 'target-missing', 'vault-fault'])('%s has a hint', (name) => {
    expect(failureHint(name).length).toBeGreaterThan(20);
  });

  it.each([
    ['unreachable', true],
    ['vault-fault', true],
    ['permission-missing', false],
    ['target-missing', false],
    [null, false],
  ])('%s is tried again when the target answers: %s', (name, expected) => {
    expect(passes(name)).toBe(expected);
  });
});
