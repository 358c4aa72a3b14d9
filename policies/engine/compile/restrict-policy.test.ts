import { describe, expect, it } from 'vitest';
import { buildPolicySet, compilePolicy, evaluate, explain, PolicySyntaxError, restrictPolicy } from '../index.ts';

const KEY = 'parapet:EnterpriseProjectId';
const document = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'Use',
      Effect: 'Allow',
      Action: 'kms:*',
      Resource: '*',
      Condition: { Bool: { 'aws:SecureTransport': 'true' } },
    },
    { Sid: 'Never', Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion', Resource: '*' },
  ],
};
const source = { arn: 'arn:aws:iam::111122223333:policy/keys', kind: 'identity', enterpriseProjectId: 'one' } as const;
const policy = compilePolicy(document, source);
const restricted = restrictPolicy(policy, [{ operator: 'StringEquals', key: KEY, values: ['one'] }]);

function request(action: string, project?: string) {
  const context = new Map([['aws:securetransport', 'true']]);
  if (project !== undefined) context.set(KEY.toLowerCase(), project);
  return {
    principal: { kind: 'user', arn: 'arn:aws:iam::111122223333:user/a', accountId: '111122223333' } as const,
    action,
    resource: 'arn:aws:kms:local-1:111122223333:key/k',
    context,
  };
}

describe('a policy restricted by conditions', () => {
  const layers = { identity: buildPolicySet([restricted]) };

  it('applies where they hold, and names whom it restricts', () => {
    const decision = evaluate(request('kms:Decrypt', 'one'), layers);
    expect(decision.effect).toBe('allow');
    expect(decision.matched).toEqual([{ ...policy.statements[0]?.ref, enterpriseProjectId: 'one' }]);
  });

  it.each(['two', undefined])('does not apply in %s', (project) => {
    expect(evaluate(request('kms:Decrypt', project), layers)).toMatchObject({ reason: 'implicit-deny' });
  });

  it('denies nothing elsewhere', () => {
    const everything = compilePolicy(
      { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
      { arn: 'arn:all', kind: 'identity' },
    );
    const both = { identity: buildPolicySet([everything, restricted]) };
    expect(evaluate(request('kms:ScheduleKeyDeletion', 'one'), both).reason).toBe('explicit-deny');
    expect(evaluate(request('kms:ScheduleKeyDeletion', 'two'), both).effect).toBe('allow');
  });

  it('keeps the conditions of its own', () => {
    const plain = request('kms:Decrypt', 'one');
    plain.context.set('aws:securetransport', 'false');
    expect(evaluate(plain, layers).effect).toBe('deny');
  });

  it('asks for the key in the explanation', () => {
    expect(explain(request('kms:Decrypt'), layers).missingContextKeys).toEqual([KEY.toLowerCase()]);
  });

  it('leaves the policy it was made of as it was', () => {
    expect(evaluate(request('kms:Decrypt', 'two'), { identity: buildPolicySet([policy]) }).effect).toBe('allow');
    expect(restricted.text).toBe(policy.text);
    expect(policy.document.statements[1]?.conditions).toEqual([]);
    expect(restricted.document.statements[1]?.conditions).toHaveLength(1);
  });
});

it('restricts the statements of one effect when it is told so', () => {
  const allows = restrictPolicy(policy, [{ operator: 'StringEquals', key: KEY, values: ['one'] }], 'Allow');
  const layers = { identity: buildPolicySet([allows]) };
  expect(evaluate(request('kms:Decrypt', 'two'), layers).reason).toBe('implicit-deny');
  expect(evaluate(request('kms:ScheduleKeyDeletion', 'two'), layers).reason).toBe('explicit-deny');
  expect(allows.document.statements.map(({ conditions }) => conditions.length)).toEqual([2, 0]);
});

it('is found among hundreds by the value it is confined to, given alone or as a list of one', () => {
  const places = Array.from({ length: 300 }, (_, i) => `place-${i}`);
  const policies = places.map((place) =>
    restrictPolicy(policy, [{ operator: 'StringEquals', key: KEY, values: [place] }]),
  );
  const layers = { identity: buildPolicySet(policies) };
  for (const place of ['place-0', 'place-299']) {
    expect(evaluate(request('kms:Decrypt', place), layers).effect).toBe('allow');
    const listed = request('kms:Decrypt');
    const context = new Map<string, string | string[]>([...listed.context, [KEY.toLowerCase(), [place]]]);
    expect(evaluate({ ...listed, context }, layers).effect).toBe('allow');
    context.set(KEY.toLowerCase(), [place, 'another']);
    expect(evaluate({ ...listed, context }, layers).effect).toBe('deny');
  }
  expect(evaluate(request('kms:Decrypt', 'place-300'), layers).effect).toBe('deny');
});

it('refuses a condition that it does not understand', () => {
  const restrict = () => restrictPolicy(policy, [{ operator: 'StringSomehow', key: KEY, values: ['one'] }]);
  expect(restrict).toThrow(PolicySyntaxError);
});
