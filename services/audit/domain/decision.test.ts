import { describe, expect, it } from 'vitest';
import { GetDecision } from '../api/index.ts';
import { decisionView } from './decision.ts';

const SUBJECT = 'arn:aws:iam::111122223333:user/alice';
const asked = (action: string, effect: string) => ({
  action,
  context: { 'billing:amount': '250', 'aws:tagkeys': ['a', 'b'] },
  effect,
  layer: 'identity',
  reason: effect === 'allow' ? 'allow' : 'implicit-deny',
  resource: 'arn:aws:billing:local-1:111122223333:invoice/42',
  resourceAccount: '111122223333',
  statements: effect === 'allow' ? [{ index: 2, policyArn: 'arn:p', sid: 'Read', version: 'v4' }] : [],
  policies: ['arn:p@v4'],
  policyVersion: 9,
  principal: { accountId: '111122223333', arn: SUBJECT, principalId: 'AIDA1' },
});
const record = (...decisions: unknown[]) =>
  JSON.stringify({
    eventID: '019a0c1e-7b00-7000-8000-000000000001',
    eventName: 'Authorize',
    eventSource: 'authz.amazonaws.com',
    eventTime: '2026-11-22T10:00:00.000Z',
    responseElements: { Decision: 'Deny' },
    userIdentity: { arn: 'arn:aws:iam::111122223333:user/app', type: 'IAMUser' },
    x: {
      decision: {
        asked: decisions,
        checks: [{ action: 'authz:Authorize', effect: 'allow', reason: 'allow', resource: SUBJECT, statements: [] }],
        context: { 'aws:sourceip': '192.0.2.1' },
        effect: 'allow',
        policies: ['arn:app@v1'],
        policyVersion: 9,
      },
    },
  });

describe('decision of a record', () => {
  it('is about the subject of a question, and names who asked', () => {
    const view = decisionView(record(asked('billing:PayInvoice', 'deny')));
    expect(view).toMatchObject({
      Principal: { Arn: SUBJECT, PrincipalId: 'AIDA1', Type: 'IAMUser' },
      AskedBy: { Arn: 'arn:aws:iam::111122223333:user/app' },
      Action: 'billing:PayInvoice',
      Resource: 'arn:aws:billing:local-1:111122223333:invoice/42',
      Effect: 'deny',
      Layer: 'identity',
      Reason: 'implicit-deny',
      Context: { 'billing:amount': '250', 'aws:tagkeys': ['a', 'b'] },
      Policies: ['arn:p@v4'],
      PolicyVersion: 9,
      ResponseElements: { Decision: 'Deny' },
    });
    expect(view?.Asked).toHaveLength(1);
  });

  it('lists all decisions of a batch and tells that the caller was allowed to ask', () => {
    const view = decisionView(record(asked('billing:ReadInvoice', 'allow'), asked('billing:PayInvoice', 'deny')));
    expect(view).toMatchObject({ Action: 'authz:Authorize', Effect: 'allow', Policies: ['arn:app@v1'] });
    expect(view?.Asked?.map((item) => [item.Action, item.Effect, item.Principal.Arn])).toEqual([
      ['billing:ReadInvoice', 'allow', SUBJECT],
      ['billing:PayInvoice', 'deny', SUBJECT],
    ]);
  });

  it('is none where no policy was asked', () => {
    const text = JSON.stringify({ eventID: '019a0c1e-7b00-7000-8000-000000000001', errorCode: 'Unauthenticated' });
    expect(decisionView(text)).toMatchObject({ Effect: 'none', Checks: [], ErrorCode: 'Unauthenticated' });
  });

  it('names the guardrail that denied, its level, and what everything was judged by', () => {
    const statements = [{ index: 0, policyArn: 'arn:p-NoKeys', sid: 'NoNewKeys', version: '3' }];
    const level = { id: 'ou-ab12-00000001', name: 'Production' };
    const levels = [{ id: 'r-ab12', policies: ['p-FullAWSAccess@1'] }];
    const text = JSON.stringify({
      eventID: '019a0c1e-7b00-7000-8000-000000000001',
      x: {
        decision: {
          checks: [
            {
              action: 'kms:CreateKey',
              effect: 'deny',
              layer: 'scp',
              level,
              rcp: levels,
              reason: 'explicit-deny',
              resource: '*',
              statements,
            },
          ],
          effect: 'deny',
          observed: [{ layer: 'rcp', level, policyId: 'p-NoKeys', statement: statements[0] }],
          organization: { id: 'o-abcdefghij', revision: 7, scp: levels },
        },
      },
    });
    const view = decisionView(text);
    const Level = { Id: 'ou-ab12-00000001', Name: 'Production' };
    const Statement = { PolicyArn: 'arn:p-NoKeys', Version: '3', Sid: 'NoNewKeys', Index: 0 };
    const Levels = [{ Id: 'r-ab12', Policies: ['p-FullAWSAccess@1'] }];
    expect(view).toMatchObject({
      Layer: 'scp',
      Level,
      Checks: [{ Level, Statements: [Statement], ResourceLevels: Levels }],
      Organization: { Id: 'o-abcdefghij', Revision: 7, Levels },
      Observed: [{ Layer: 'rcp', Level, PolicyId: 'p-NoKeys', Statement }],
    });
    expect(GetDecision.output.safeParse(view).error).toBeUndefined();
  });

  it('does not exist for a text that is no record', () => {
    for (const text of ['', '[]', 'null', '{"eventID":1}']) expect(decisionView(text)).toBeUndefined();
  });

  it('has the shape that the operation declares', () => {
    for (const text of [record(asked('a:B', 'allow')), record(), record(asked('a:B', 'deny'), asked('a:C', 'deny'))])
      expect(GetDecision.output.safeParse(decisionView(text)).error).toBeUndefined();
  });
});
