import { describe, expect, it } from 'vitest';
import { boxes } from '../sdk/testing/fixture.ts';
import { configOperations } from '../services/org/api/config.ts';
import { orgApi } from '../services/org/api/index.ts';
import { ACTORS, matrixCases } from './matrix.ts';
import { operations } from './operations.ts';

const outcomes = (...all: Parameters<typeof matrixCases>[0]) =>
  Object.fromEntries(matrixCases(all).map(({ actor, outcome }) => [actor, outcome]));

describe('matrixCases', () => {
  it('asks every actor about an operation on a resource', () => {
    expect(outcomes(boxes.Seal)).toEqual({
      'no credentials': 'unauthenticated',
      'a wrong signature': 'unauthenticated',
      'a deactivated key': 'unauthenticated',
      'a user without policies': 'denied',
      'a user allowed exactly this': 'permitted',
      'a user allowed exactly this and denied it': 'denied',
      'a user allowed everything else': 'denied',
      'a user allowed this elsewhere': 'denied',
      'the administrator of another account': 'hidden',
    });
  });

  it('knows no elsewhere where there is no resource', () => {
    expect(outcomes(boxes.ListBoxes)).not.toHaveProperty('a user allowed this elsewhere');
  });

  it('permits every valid caller what needs no permission, also when a policy denies it', () => {
    const found = outcomes({ ...boxes.GetBox, authz: 'authenticated' as const });
    expect(found['a user allowed exactly this and denied it']).toBe('permitted');
    expect(found['a user without policies']).toBe('permitted');
    expect(found['a deactivated key']).toBe('unauthenticated');
  });

  it('allows and denies the actions of the declaration, those it checks besides included', () => {
    const operation = {
      ...boxes.Seal,
      authz: { action: 'boxes:Seal', alsoChecks: ['boxes:Touch'], resource: 'boxes:box' },
    };
    const policies = Object.fromEntries(matrixCases([operation]).map(({ actor, policy }) => [actor, policy]));
    expect(policies['a user allowed exactly this']).toEqual([
      { Effect: 'Allow', Action: ['boxes:Seal', 'boxes:Touch'], resources: 'exact' },
    ]);
    expect(policies['a user allowed everything else']).toEqual([
      { Effect: 'Allow', NotAction: ['boxes:Seal', 'boxes:Touch'], resources: 'any' },
    ]);
    expect(policies['a user without policies']).toBeUndefined();
  });

  it('asks strangers alone about the detective engine, where every account has its own', () => {
    for (const operation of Object.values(configOperations)) {
      expect(outcomes(operation)['the administrator of a member account']).toBeUndefined();
      expect(outcomes(operation)['the administrator of another account']).toBe('hidden');
    }
  });

  it('asks members and strangers about everything that belongs to the organization', () => {
    const ofOrganization = Object.values(orgApi).filter(
      (operation) => operation.authz !== 'internal' && !Object.hasOwn(configOperations, operation.name),
    );
    const found = ofOrganization.map((operation) => [operation.name, outcomes(operation)] as const);
    const own = found.filter(([, o]) => o['the administrator of a member account'] === undefined).map(([name]) => name);
    expect(own.sort()).toEqual([
      'AcceptHandshake',
      'CancelHandshake',
      'DeclineHandshake',
      'DescribeEffectivePolicy',
      'DescribeHandshake',
      'DescribeOrganization',
      'LeaveOrganization',
      'ListHandshakesForAccount',
      'LookupOrganizationEvents',
    ]);
    const stranger = (wanted: string) => found.filter(([, o]) => o['the administrator of another account'] === wanted);
    expect(stranger('denied').map(([name]) => name)).toEqual(['CreateOrganization']);
    expect(
      stranger('hidden')
        .map(([name]) => name)
        .sort(),
    ).toEqual(own.filter((name) => /Handshake|Events/.test(name)));
    expect(stranger('outside')).toHaveLength(found.length - 7);
  });

  it('covers every public operation', () => {
    const cases = matrixCases(operations);
    for (const operation of operations) {
      expect(cases.filter((c) => c.operation === operation).length).toBeGreaterThanOrEqual(ACTORS.length - 2);
    }
  });
});
