import { describe, expect, it } from 'vitest';
import { namedPrincipals } from '../../../policies/engine/index.ts';
import { defaultKeyPolicy, readKeyPolicy } from './key-policy.ts';

const ARN = 'arn:aws:kms:local-1:111122223333:key/00112233-4455-6677-8899-aabbccddeeff';
const policy = (...Principal: unknown[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: Principal.map((names) => ({ Effect: 'Allow', Principal: names, Action: 'kms:*', Resource: '*' })),
  });

describe('readKeyPolicy', () => {
  it('accepts the default policy', () => {
    expect(readKeyPolicy(defaultKeyPolicy('aws', '111122223333'), ARN)).toMatchObject({ ok: true });
  });

  it('says pointer, line and column of the first error', () => {
    const text = '{\n  "Version": "2012-10-17",\n  "Statement": [{ "Effect": "Allow", "Acton": "kms:*" }]\n}';
    const read = readKeyPolicy(text, ARN);
    expect(read).toMatchObject({ ok: false, code: 'MalformedPolicyDocument' });
    expect(read.ok ? '' : read.message).toMatch(/, at \/Statement\/0.* \(line 3, column \d+\)$/);
  });

  it.each(['', '[]', '{}', 'null', '{"Statement":[]}', '{"Version":"2012-10-17","Statement":"x"}'])(
    'refuses %s',
    (text) => {
      expect(readKeyPolicy(text, ARN)).toMatchObject({ ok: false, code: 'MalformedPolicyDocument' });
    },
  );

  it('counts bytes, not characters', () => {
    const fill = (count: number) =>
      JSON.stringify({ Version: '2012-10-17', Id: '\u00e9'.repeat(count), Statement: [] });
    expect(readKeyPolicy(fill(16_400), ARN)).toMatchObject({ code: 'LimitExceeded' });
    expect(readKeyPolicy(fill(10), ARN)).not.toMatchObject({ code: 'LimitExceeded' });
  });
});

describe('namedPrincipals', () => {
  it('lists users, roles and accounts once, and leaves out everybody and services', () => {
    const user = 'arn:aws:iam::111122223333:user/a';
    const read = readKeyPolicy(
      policy({ AWS: [user, '444455556666'] }, { AWS: [user, 'arn:aws:iam::444455556666:root'] }, '*', {
        Service: 'ccms.amazonaws.com',
      }),
      ARN,
    );
    expect(read.ok && namedPrincipals(read.policy, 'aws')).toEqual([
      'arn:aws:iam::111122223333:user/a',
      'arn:aws:iam::444455556666:root',
    ]);
  });
});
