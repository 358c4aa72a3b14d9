import { describe, expect, it } from 'vitest';
import { accountsLetIn } from './accounts-let-in.ts';
import { compilePolicy } from './compile-policy.ts';

const letIn = (statement: object, kind: 'trust' | 'resource' = 'trust') =>
  accountsLetIn(
    compilePolicy(
      {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: kind === 'trust' ? 'sts:AssumeRole' : 'kms:Decrypt',
            ...(kind === 'resource' && { Resource: '*' }),
            ...statement,
          },
        ],
      },
      { arn: 'arn:aws:iam::111122223333:role/r', kind },
    ),
  );
const everyone = (Condition: object) => ({ Principal: { AWS: '*' }, Condition });

describe('accounts that a policy lets in', () => {
  it.each<[string, object, string[]]>([
    [
      'an account, a user and a session',
      {
        Principal: {
          AWS: ['111122223333', 'arn:aws:iam::444455556666:user/a', 'arn:aws:sts::777788889999:assumed-role/r/s'],
        },
      },
      ['111122223333', '444455556666', '777788889999'],
    ],
    [
      'everybody under a condition that is not about accounts',
      everyone({ Bool: { 'aws:SecureTransport': 'true' } }),
      ['*'],
    ],
    [
      'everybody of one account',
      everyone({ StringEquals: { 'aws:PrincipalAccount': '111122223333' } }),
      ['111122223333'],
    ],
    ['everybody of accounts with a pattern', everyone({ StringLike: { 'aws:PrincipalAccount': '1111*' } }), ['*']],
    [
      'everybody unless the account is known',
      everyone({ StringEqualsIfExists: { 'aws:PrincipalAccount': '111122223333' } }),
      ['*'],
    ],
    ['everybody but one account', everyone({ StringNotEquals: { 'aws:PrincipalAccount': '111122223333' } }), ['*']],
    ['everybody of an organization', everyone({ StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } }), []],
    ['everybody of any organization', everyone({ StringLike: { 'aws:PrincipalOrgID': '*' } }), ['*']],
    [
      'roles of a name in one account',
      everyone({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/x-*' } }),
      ['111122223333'],
    ],
    ['roles of a name anywhere', everyone({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' } }), ['*']],
    ['nobody', { Effect: 'Deny', Principal: '*' }, []],
    ['a unique id', { Principal: { AWS: 'AIDAABCDEFGHIJKLMNOP' } }, ['AIDAABCDEFGHIJKLMNOP']],
  ])('%s', (_title, statement, accounts) => {
    expect(letIn(statement)).toEqual(accounts);
  });

  it('everybody', () => {
    expect(letIn({ Principal: '*' }, 'resource')).toEqual(['*']);
  });

  it('of two conditions the one that says more', () => {
    const condition = {
      ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/x' },
      StringEquals: { 'aws:PrincipalAccount': '111122223333' },
    };
    expect(letIn(everyone(condition))).toEqual(['111122223333']);
  });

  it('everybody but somebody is everybody', () => {
    expect(letIn({ NotPrincipal: { AWS: '111122223333' } }, 'resource')).toEqual(['*']);
  });

  it('the account that calls a key', () => {
    const condition = { StringEquals: { 'kms:CallerAccount': '111122223333' } };
    expect(letIn(everyone(condition), 'resource')).toEqual(['111122223333']);
  });
});
