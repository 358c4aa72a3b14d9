/** Decisions for applications: the product's actions and an application's own. */
import { describe, expect, inject, it } from 'vitest';
import { allow, createAccount, createUser, uniqueName } from '../harness/people.ts';
import { native } from '../harness/signed.ts';

const server = inject('server');

const NIGHT = {
  Version: '2012-10-17',
  Statement: [
    {
      Sid: 'NightShift',
      Effect: 'Allow',
      Action: ['ops:Reboot', 'ops:Shutdown'],
      Resource: '*',
      Condition: {
        Bool: { 'aws:MultiFactorAuthPresent': 'true' },
        TimeOfDayBetween: { 'aws:CurrentTime': '00:00-04:00@Asia/Shanghai' },
      },
    },
  ],
};

describe('authorize', () => {
  it('answers for the caller itself, with reasons and a decision id that can be looked up', async () => {
    const answer = await native(server, '/v1/authz/authorize', { Action: 'kms:CreateKey', Resource: '*' });
    expect(answer.json()).toMatchObject({ Decision: 'Allow' });
    const decision = await native(server, `/v1/authz/decisions/${answer.json().DecisionId}`, {}, { method: 'GET' });
    expect(decision.status).toBe(200);
    expect(decision.text).toContain('kms:CreateKey');
  });

  it("decides an application's own actions: rebooting only with MFA and only from midnight to four", async () => {
    const account = await createAccount(server);
    const by = { credentials: account.credentials };
    const registered = await native(
      server,
      '/v1/authz/register-namespace',
      { Name: 'ops', Actions: [{ Name: 'Reboot' }, { Name: 'Shutdown' }] },
      by,
    );
    expect(registered.status, registered.text).toBe(200);
    const operator = await createUser(server, NIGHT, account.credentials);
    const ask = async (context: object) => {
      const answer = await native(
        server,
        '/v1/authz/authorize',
        {
          Principal: operator.arn,
          Action: 'ops:Reboot',
          Resource: `arn:aws:ops:local-1:${account.accountId}:host/web-1`,
          Context: context,
        },
        by,
      );
      expect(answer.status, answer.text).toBe(200);
      return answer.json();
    };
    const mfa = { 'aws:MultiFactorAuthPresent': 'true' };
    expect((await ask({ ...mfa, 'aws:CurrentTime': '2026-11-22T17:30:00Z' })).Decision).toBe('Allow');
    const day = await ask({ ...mfa, 'aws:CurrentTime': '2026-11-22T12:00:00Z' });
    expect(day.Decision).toBe('Deny');
    expect((await ask({ 'aws:CurrentTime': '2026-11-22T17:30:00Z' })).Decision).toBe('Deny');
    expect((await ask({ ...mfa, 'aws:CurrentTime': '2026-11-22T20:00:00Z' })).Decision).toBe('Deny');
  });

  it('refuses an action nobody registered, naming the nearest', async () => {
    const answer = await native(server, '/v1/authz/authorize', { Action: 'kms:Decript', Resource: '*' });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('kms:Decrypt');
  });

  it('refuses facts about the principal that the asker may not claim', async () => {
    const answer = await native(server, '/v1/authz/authorize', {
      Action: 'kms:CreateKey',
      Resource: '*',
      Context: { 'aws:PrincipalArn': 'arn:aws:iam::1:root' },
    });
    expect(answer.status).toBe(400);
  });

  it('does not answer about principals of other accounts', async () => {
    const other = await createAccount(server);
    const missing = `arn:aws:iam::${other.accountId}:user/${uniqueName('nobody')}`;
    const answers = await Promise.all(
      [other.arn, missing].map((Principal) =>
        native(server, '/v1/authz/authorize', { Principal, Action: 'kms:CreateKey', Resource: '*' }),
      ),
    );
    expect(answers[0]?.status).toBe(answers[1]?.status);
    expect(answers[0]?.status).not.toBe(200);
  });

  it('needs the permission to ask', async () => {
    const person = await createUser(server);
    expect(
      (
        await native(
          server,
          '/v1/authz/authorize',
          { Action: 'kms:CreateKey', Resource: '*' },
          { credentials: person.credentials },
        )
      ).status,
    ).toBe(403);
  });

  it('answers many questions at once, each for itself', async () => {
    const person = await createUser(server, allow('kms:ListKeys'));
    const items = ['kms:ListKeys', 'kms:CreateKey'].map((Action) => ({ Principal: person.arn, Action, Resource: '*' }));
    const answer = await native(server, '/v1/authz/batch-authorize', { Items: items });
    expect(answer.status, answer.text).toBe(200);
    expect(JSON.stringify(answer.json())).toMatch(/Allow.*Deny/s);
  });
});
