import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecisionReader, type UnpackedDecision } from '../../../platform/contract/decision-form.ts';
import { recordedDecisions } from '../domain/recorded-decisions.ts';
import { ACCOUNT, type Audit, auditor, OTHER_ACCOUNT, startAudit } from '../testing/harness.ts';
import { sample } from '../testing/records.ts';

const START = Date.UTC(2026, 10, 22);
let audit: Audit;
let sent: ReturnType<typeof sample>[];
beforeAll(async () => {
  audit = await startAudit();
  const Records = Array.from({ length: 25 }, (_, i) =>
    sample({
      time: START + Math.floor(i / 2) * 1000,
      userName: `user-${i}`,
      name: i % 5 === 0 ? 'Nothing' : 'Decrypt',
      wseq: i + 1,
    }),
  );
  // Every fifth record has no decision.
  for (const record of Records) {
    const value = JSON.parse(record.Record) as { eventName: string; x: { decision?: unknown } };
    if (value.eventName === 'Nothing') delete value.x.decision;
    record.Record = JSON.stringify(value);
  }
  sent = Records;
  await audit.internal.IngestRecords({ Records });
  await audit.internal.IngestRecords({ Records: [sample({ time: START, accountId: OTHER_ACCOUNT, wseq: 99 })] });
});
afterAll(() => audit.close());

async function readAll(window: { StartTime: number; EndTime: number }, Limit: number, from = audit) {
  const found: UnpackedDecision[] = [];
  const reader = new DecisionReader();
  let pages = 0;
  let After: { Time: number; Sequence: number } | undefined;
  do {
    const page = await from.internal.ReadDecisions({ AccountId: ACCOUNT, ...window, Limit, After });
    reader.learn(page.Settings);
    found.push(...page.Records.flatMap((record) => reader.read(record)).map(plain));
    After = page.Next;
    pages++;
  } while (After);
  return { found, pages };
}

/** With the context that is otherwise read when it is looked at. */
const plain = (decision: UnpackedDecision): UnpackedDecision => ({ ...decision, Context: decision.Context });
const who = ({ setting }: UnpackedDecision) => setting.Principal.Arn?.split('/').at(-1);

describe('ReadDecisions', () => {
  const window = { StartTime: START, EndTime: START + 3_600_000 };

  it('reads the decisions of one account in order, whatever the size of the pages', async () => {
    const { found: whole } = await readAll(window, 1000);
    expect(whole.map(who)).toEqual(
      Array.from({ length: 25 }, (_, i) => i)
        .filter((i) => i % 5 !== 0)
        .map((i) => `user-${i}`),
    );
    for (const limit of [1, 2, 7]) {
      const { found, pages } = await readAll(window, limit);
      expect(found).toEqual(whole);
      expect(pages).toBeGreaterThanOrEqual(Math.ceil(25 / limit));
    }
  });

  it('keeps to the window, both ends included', async () => {
    const { found } = await readAll({ StartTime: START + 1000, EndTime: START + 2000 }, 10);
    expect(found.map(who)).toEqual(['user-2', 'user-3', 'user-4']);
  });

  it('tells everything the answer rested on', async () => {
    const [first] = (await readAll(window, 10)).found;
    expect(first).toMatchObject({
      Action: 'kms:Decrypt',
      Resource: `arn:aws:kms:local-1:${ACCOUNT}:key/1234abcd`,
      ResourceAccount: ACCOUNT,
      Effect: 'allow',
      Reason: 'allow',
      Layer: 'resource',
      setting: {
        Principal: { Type: 'IAMUser', AccountId: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:user/team/user-1` },
        AccountId: ACCOUNT,
        Policies: [`arn:aws:iam::${ACCOUNT}:policy/developers@v3`],
        Asked: false,
        // The keys of the request and those of the check, so far as they belong to the caller.
        Context: { 'aws:username': 'user-1', 'aws:resourceaccount': ACCOUNT },
      },
      Context: { 'aws:sourceip': '192.0.2.7', 'kms:encryptioncontext:app': 'billing' },
    });
  });

  it.each([
    ['without a short form', 'decisions', null],
    ['with a form that is none', 'decisions', '["kms:Decrypt"]'],
    ['whose setting is gone', 'decisions', `["${'x'.repeat(43)}","a","*",null,1,"allow",null,null,0]\n{}`],
  ])('takes the decisions of records %s from the record itself', async (_, column, value) => {
    const { found: before } = await readAll(window, 10);
    const old = await startAudit();
    await old.internal.IngestRecords({ Records: sent });
    await old.store.transaction((tx) =>
      tx
        .updateTable('record')
        .set({ [column]: value })
        .execute(),
    );
    const { found } = await readAll(window, 10, old);
    await old.close();
    expect(found).toEqual(before);
  });

  it('is for our own services alone', async () => {
    const asked = audit.as(auditor()).ReadDecisions({ AccountId: ACCOUNT, ...window });
    await expect(asked).rejects.toMatchObject({ code: 'AccessDenied' });
  });
});

describe('recordedDecisions', () => {
  it('takes apart what was checked and what was asked about others', () => {
    const level = (id: string, ...policies: string[]) => ({ id, policies });
    const check = { action: 'authz:Authorize', context: {}, effect: 'allow', reason: 'allow', resource: '*' };
    const record = JSON.stringify({
      eventID: 'id',
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:session',
        sessionContext: { sessionIssuer: { arn: 'arn:role', principalId: 'AROA' } },
      },
      x: {
        decision: {
          checks: [{ ...check, rcp: [level('r-1', 'p-1@2')] }],
          asked: [
            {
              ...check,
              action: 'kms:Sign',
              effect: 'deny',
              reason: 'explicit-deny',
              layer: 'scp',
              level: { id: 'ou-1', name: 'Unit' },
              policies: ['p'],
              principal: { arn: 'arn:aws:iam::111122223333:user/a', accountId: '111122223333', principalId: 'AIDA' },
            },
          ],
          organization: { id: 'o-1', revision: 3, scp: [level('r-1', 'p-1@2'), level('ou-1')] },
          context: { 'aws:sourceip': '10.0.0.1' },
          policies: ['arn:p@v1', 'boundary:arn:b@v2'],
        },
      },
    });
    const PrincipalLevels = [
      { Id: 'r-1', Policies: ['p-1@2'] },
      { Id: 'ou-1', Policies: [] },
    ];
    expect(recordedDecisions(record)).toMatchObject([
      {
        facts: { Action: 'authz:Authorize' },
        setting: {
          Asked: false,
          Issuer: { Arn: 'arn:role', PrincipalId: 'AROA' },
          AccountId: '',
          Policies: ['arn:p@v1', 'boundary:arn:b@v2'],
          PrincipalLevels,
          ResourceLevels: [{ Id: 'r-1', Policies: ['p-1@2'] }],
          Context: { 'aws:sourceip': '10.0.0.1' },
        },
      },
      {
        facts: {
          Action: 'kms:Sign',
          Effect: 'deny',
          Layer: 'scp',
          Level: { Id: 'ou-1', Name: 'Unit' },
        },
        setting: {
          Asked: true,
          AccountId: '111122223333',
          Policies: ['p'],
          PrincipalLevels,
          Principal: { PrincipalId: 'AIDA' },
        },
      },
    ]);
  });

  it.each(['', 'x', '[]', '{}', '{"eventID":"a"}', '{"eventID":"a","x":{"decision":{"checks":"no"}}}'])(
    'finds nothing in %j',
    (text) => {
      expect(recordedDecisions(text)).toEqual([]);
    },
  );
});
