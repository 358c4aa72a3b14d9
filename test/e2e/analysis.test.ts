/** Explanations and reverse questions, compared with what the server then really does. */
import { describe, expect, inject, it } from 'vitest';
import { allow, createAccount, createUser } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');

describe('explain, who-can and what-can', () => {
  it('tell the same story about one person, and the requests of that person prove it', async () => {
    const account = await createAccount(server);
    const by = { credentials: account.credentials };
    const ask = async <T>(path: string, input: object): Promise<T> => {
      const answer = await native(server, `/v1/authz/${path}`, { ...input }, by);
      expect(answer.status, answer.text).toBe(200);
      return answer.json() as T;
    };
    const document = {
      Version: '2012-10-17',
      Statement: [
        { Sid: 'Look', Effect: 'Allow', Action: ['iam:Get*', 'iam:ListUsers'], Resource: '*' },
        { Sid: 'NotGroups', Effect: 'Deny', Action: 'iam:GetGroup', Resource: '*' },
      ],
    };
    const reader = await createUser(server, document, account.credentials);
    const writer = await createUser(server, allow('iam:CreateGroup'), account.credentials);
    const { Principals } = await ask<{ Principals: { Arn: string; Layer: string }[] }>('who-can', {
      Action: 'iam:ListUsers',
      Resource: '*',
      Decision: 'Allow',
    });
    const root = `arn:aws:iam::${account.accountId}:root`;
    expect(Principals.map(({ Arn }) => Arn).sort()).toEqual([root, account.arn, reader.arn].sort());
    for (const person of [reader, writer]) {
      const listed = await native(server, '/v1/iam/list-users', {}, { credentials: person.credentials });
      expect(listed.status === 200).toBe(Principals.some(({ Arn }) => Arn === person.arn));
    }

    const { Actions } = await ask<{ Actions: { Action: string }[] }>('what-can', {
      Principal: writer.arn,
      Resources: ['*'],
      Service: 'iam',
      Decision: 'Allow',
    });
    expect(Actions.map(({ Action }) => Action)).toEqual(['iam:CreateGroup']);

    const group = `arn:aws:iam::${account.accountId}:group/g`;
    const explained = await ask<{ Decision: string; Statements: object[]; Layers: object[]; Documents: object[] }>(
      'explain',
      { Principal: reader.arn, Action: 'iam:GetGroup', Resource: group },
    );
    const denied = await native(server, '/v1/iam/get-group', { GroupName: 'g' }, { credentials: reader.credentials });
    expect(denied.status).toBe(403);
    expect(explained).toMatchObject({
      Decision: 'Deny',
      Reason: 'explicit-deny',
      Message: denied.json().detail,
      Statements: [{ Sid: 'NotGroups', Index: 1, Line: 1 }],
      Layers: expect.arrayContaining([
        expect.objectContaining({
          Layer: 'identity',
          Statements: [
            expect.objectContaining({ Effect: 'Deny', Text: JSON.stringify(document.Statement[1]) }),
            expect.objectContaining({ Effect: 'Allow', Sid: 'Look' }),
          ],
        }),
      ]),
      Documents: [{ Document: JSON.stringify(document) }],
    });

    // Another account is not told who is here.
    const elsewhere = await native(server, '/v1/authz/explain', {
      Principal: reader.arn,
      Action: 'iam:GetUser',
      Resource: '*',
    });
    expect(elsewhere.status).toBe(404);
    const ceiling = await ask<{ Actions: { Ceiling: string }[] }>('get-effective-ceiling', { Service: 'kms' });
    expect(ceiling.Actions.length).toBeGreaterThan(20);
  });
});
