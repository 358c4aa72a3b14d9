/** What the audit service promises, on either engine. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyStream } from '../domain/verify-stream.ts';
import { ACCOUNT, type Audit, type AuditOptions, auditor, nobody, OTHER_ACCOUNT, startAudit } from './harness.ts';
import { sample } from './records.ts';

const T0 = 1_795_000_000_000;

export function describeAudit(options: () => AuditOptions, reset: () => Promise<void>): void {
  const verify = (audit: Audit, accountId = ACCOUNT) =>
    verifyStream({
      accountId,
      pageSize: 7,
      read: (FromSequence, Limit) => audit.as(auditor(accountId)).ReadStream({ FromSequence, Limit }),
    });

  describe('ingest', () => {
    let audit: Audit;
    beforeEach(async () => {
      await reset();
      audit = await startAudit(options());
    });
    afterEach(() => audit.close());

    it('numbers the records of each account from 1 in the order of the batch', async () => {
      const records = Array.from({ length: 50 }, (_, i) =>
        sample({ wseq: i + 1, accountId: i % 3 === 0 ? OTHER_ACCOUNT : ACCOUNT }),
      );
      expect(await audit.internal.IngestRecords({ Records: records })).toEqual({ Accepted: 50 });
      for (const account of [ACCOUNT, OTHER_ACCOUNT]) {
        const page = await audit.as(auditor(account)).ReadStream({});
        const sent = records.filter((record) => record.AccountId === account);
        expect(page.Records.map((record) => record.Record)).toEqual(sent.map((record) => record.Record));
        expect(page.Records.map((record) => record.Sequence)).toEqual(sent.map((_, i) => i + 1));
        expect(await verify(audit, account)).toMatchObject({ ok: true, records: sent.length });
      }
    });

    it('keeps one record of an event however often and in whatever batches it arrives', async () => {
      const records = Array.from({ length: 20 }, (_, i) => sample({ wseq: i + 1 }));
      await audit.internal.IngestRecords({ Records: records.slice(0, 12) });
      await audit.internal.IngestRecords({ Records: records });
      await audit.internal.IngestRecords({ Records: [...records, ...records.slice(3, 6)] });
      const page = await audit.as(auditor()).ReadStream({});
      expect(page.Records.map((record) => record.Record)).toEqual(records.map((record) => record.Record));
      expect((await audit.as(auditor()).DescribeStream({})).MissingWriterNumbers).toBe(0);
    });

    it('keeps the first text of an event when a second one arrives', async () => {
      const first = sample();
      const second = sample({ eventId: first.EventId, name: 'ForgedName' });
      await audit.internal.IngestRecords({ Records: [first, second] });
      await audit.internal.IngestRecords({ Records: [second] });
      const page = await audit.as(auditor()).ReadStream({});
      expect(page.Records.map((record) => record.Record)).toEqual([first.Record]);
    });

    it('numbers without gaps when many senders write at once', async () => {
      const batches = Array.from({ length: 12 }, (_, b) =>
        Array.from({ length: 15 }, (_, i) => sample({ boot: `boot-${b}`, wseq: i + 1 })),
      );
      await Promise.all(batches.map((Records) => audit.internal.IngestRecords({ Records })));
      await audit.deps.sequencer.work();
      expect(await verify(audit)).toMatchObject({ ok: true, records: 180 });
      const { Records } = await audit.as(auditor()).ReadStream({});
      const order = new Map(Records.map((record) => [record.Record, record.Sequence]));
      for (const batch of batches) {
        const numbers = batch.map((record) => order.get(record.Record)!);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
    });

    it('takes records in while nobody can number them, and numbers them in the order of arrival', async () => {
      await audit.deps.sequencer.stop();
      const records = Array.from({ length: 30 }, (_, i) => sample({ wseq: i + 1, time: Date.now() - 5000 }));
      await audit.internal.IngestRecords({ Records: records.slice(0, 18) });
      await audit.internal.IngestRecords({ Records: records.slice(10) });
      const waiting = await audit.as(auditor()).DescribeStream({});
      expect(waiting).toMatchObject({ Sequence: 0, UnsequencedCount: 30 });
      expect(waiting.OldestUnsequencedSeconds).toBeGreaterThanOrEqual(5);
      await audit.deps.sequencer.start();
      const page = await audit.as(auditor()).ReadStream({});
      expect(page.Records.map((record) => record.Record)).toEqual(records.map((record) => record.Record));
      expect(await audit.as(auditor()).DescribeStream({})).toMatchObject({ Sequence: 30, UnsequencedCount: 0 });
    });

    it('takes any text as a record: nothing that was committed is refused', async () => {
      const texts = ['not json', 'null', '{"eventName":7,"resources":[{"ARN":"arn:\\u0000x"}],"userIdentity":null}'];
      const long = `arn:aws:kms:local-1:${ACCOUNT}:key/${'é'.repeat(2000)}`;
      const records = [...texts.map((record) => sample({ record })), sample({ resources: [long] })];
      await audit.internal.IngestRecords({ Records: records });
      const page = await audit.as(auditor()).ReadStream({});
      expect(page.Records.map((record) => record.Record)).toEqual(records.map((record) => record.Record));
      const found = await audit.as(auditor()).LookupEvents({ Resource: long });
      expect(found.Events.map((event) => event.Sequence)).toEqual([4]);
    });

    it('is for our own services only', async () => {
      await expect(audit.as(auditor()).IngestRecords({ Records: [sample()] })).rejects.toMatchObject({
        code: 'AccessDenied',
      });
    });

    it('tells what was changed in the order of numbering, over all accounts, each change once', async () => {
      const writes = Array.from({ length: 9 }, (_, i) =>
        sample({
          wseq: i + 1,
          write: i % 3 !== 0,
          name: `Write${i}`,
          accountId: i % 2 === 0 ? OTHER_ACCOUNT : ACCOUNT,
          resources: [`arn:aws:kms:local-1:${ACCOUNT}:key/${i}`],
        }),
      );
      const failed = sample({ write: true, errorCode: 'NotFoundException' });
      await audit.internal.IngestRecords({ Records: writes.slice(0, 5) });
      await audit.internal.IngestRecords({ Records: [...writes, failed] });
      const first = await audit.internal.ReadChanges({ After: 0, Limit: 4 });
      expect(first.Changes.map((change) => change.EventName)).toEqual(['Write1', 'Write2', 'Write4', 'Write5']);
      expect(first.Changes[0]).toMatchObject({
        Position: 1,
        AccountId: ACCOUNT,
        EventId: writes[1]!.EventId,
        ActorArn: `arn:aws:iam::${ACCOUNT}:user/team/alice`,
        Resources: [`arn:aws:kms:local-1:${ACCOUNT}:key/1`],
      });
      expect(first.Head).toBe(6);
      const rest = await audit.internal.ReadChanges({ After: first.Changes.at(-1)!.Position });
      expect(rest.Changes.map((change) => change.Position)).toEqual([5, 6]);
      expect((await audit.internal.ReadChanges({ After: 6 })).Changes).toEqual([]);
      await expect(audit.as(auditor()).ReadChanges({ After: 0 })).rejects.toMatchObject({ code: 'AccessDenied' });
    });

    it('believes what writers say of themselves: numbers taken back, what a boot left behind, and silence', async () => {
      let now = Date.now();
      await audit.close();
      await reset();
      audit = await startAudit({ ...options(), clock: { now: () => now } });
      const report = (boot: string, wseq: number, requestParameters: object) => {
        const eventID = audit.ids.uuidv7();
        const x = { boot, wseq };
        const record = JSON.stringify({
          eventID,
          eventName: 'ReportWriter',
          recipientAccountId: '',
          requestParameters,
          x,
        });
        return sample({ eventId: eventID, boot, wseq, time: now, record, accountId: '' });
      };
      const ingest = (...Records: ReturnType<typeof sample>[]) => audit.internal.IngestRecords({ Records });
      const told = async () => {
        const { MissingWriterNumbers, SilentWriters } = await audit.as(auditor()).DescribeStream({});
        return [MissingWriterNumbers, SilentWriters];
      };
      await ingest(report('boot-a', 1, { State: 'Started' }), sample({ boot: 'boot-a', wseq: 4, time: now }));
      now += 11_000;
      expect(await told()).toEqual([2, 0]);
      await ingest(report('boot-a', 5, { State: 'Alive', Void: [{ First: 2, Last: 3 }] }));
      expect(await told()).toEqual([0, 0]);
      now += 400_000;
      expect(await told()).toEqual([0, 1]);
      await ingest(report('boot-b', 1, { State: 'Started', Before: [{ Boot: 'boot-a', Last: 8 }] }));
      now += 11_000;
      expect(await told()).toEqual([3, 0]);
      await ingest(report('boot-b', 2, { State: 'Stopped' }));
      now += 400_000;
      expect(await told()).toEqual([3, 0]);
    });

    it('counts numbers of a writer that did not arrive in ten seconds, also across batches', async () => {
      let now = Date.now();
      await audit.close();
      await reset();
      audit = await startAudit({ ...options(), clock: { now: () => now } });
      const send = (...numbers: number[]) =>
        audit.internal.IngestRecords({ Records: numbers.map((wseq) => sample({ wseq })) });
      const missing = async () => (await audit.as(auditor()).DescribeStream({})).MissingWriterNumbers;
      await send(1, 2, 5, 9);
      expect(await missing()).toBe(0);
      now += 10_000;
      expect(await missing()).toBe(5);
      await send(7, 10);
      await send(3);
      expect(await missing()).toBe(3);
    });
  });

  describe('two sequencers', () => {
    it('number nothing twice, and the one that lost its lease numbers nothing', async () => {
      await reset();
      const first = await startAudit(options());
      try {
        const { Sequencer } = await import('../sequencer/sequencer.ts');
        const log = { warn: () => undefined };
        const second = new Sequencer({ store: first.store, log, clock: first.deps.clock, owner: 'second' });
        await second.start();
        expect([first.deps.sequencer.leading, second.leading]).toEqual([true, false]);
        await first.internal.IngestRecords({ Records: [sample()] });

        // The lease of the first runs out unnoticed and the second takes over.
        await first.store.transaction((tx) =>
          (tx as never as import('kysely').Transaction<{ job: { lease_until: number; type: string } }>)
            .updateTable('job')
            .set({ lease_until: 1 })
            .where('type', '=', 'audit.sequencer')
            .execute(),
        );
        await second.work();
        expect([first.deps.sequencer.leading, second.leading]).toEqual([true, true]);

        const records = Array.from({ length: 40 }, (_, i) => sample({ wseq: i + 2 }));
        await Promise.all(
          records.map(async (record) => {
            await first.internal.IngestRecords({ Records: [record] });
            await second.work();
          }),
        );
        expect([first.deps.sequencer.leading, second.leading]).toEqual([false, true]);
        await second.work();
        expect(await verify(first)).toMatchObject({ ok: true, records: 41 });
        await second.stop();
        await first.deps.sequencer.work();
        expect(first.deps.sequencer.leading).toBe(true);
      } finally {
        await first.close();
      }
    });
  });

  describe('reading', () => {
    let audit: Audit;
    const users = ['alice', 'bob', 'carol'];
    const names = ['Decrypt', 'Encrypt', 'CreateKey', 'DescribeKey'];
    const records = Array.from({ length: 240 }, (_, i) => {
      const denied = i % 7 === 0;
      return {
        time: T0 + Math.floor(i / 2) * 1000,
        name: names[i % 4]!,
        source: i % 5 === 0 ? 'iam.amazonaws.com' : 'kms.amazonaws.com',
        userName: users[i % 3]!,
        accessKeyId: `AKIA${users[i % 3]!.toUpperCase()}`,
        effect: denied ? ('deny' as const) : ('allow' as const),
        layer: i % 2 === 0 ? 'scp' : 'identity',
        ...(i % 4 !== 0 && { project: `project-${i % 4}` }),
        ...(i % 11 === 0 && { errorCode: denied ? 'AccessDeniedException' : 'NotFoundException' }),
        resources: [
          `arn:aws:kms:local-1:${ACCOUNT}:key/${i % 6}`,
          ...(i % 6 === 0 ? [`arn:aws:kms:local-1:${ACCOUNT}:alias/a`] : []),
        ],
        requestId: `req-${i}`,
        wseq: i + 1,
      };
    });
    const outcomeOf = (i: number) =>
      records[i]!.effect === 'deny' ? 'denied' : 'errorCode' in records[i]! ? 'failed' : 'success';
    const sent = records.map((record) => sample(record));
    const foreign = Array.from({ length: 20 }, (_, i) =>
      sample({ ...records[i]!, accountId: OTHER_ACCOUNT, boot: 'boot-2' }),
    );

    beforeAll(async () => {
      await reset();
      audit = await startAudit(options());
      await audit.internal.IngestRecords({ Records: sent });
      await audit.internal.IngestRecords({ Records: foreign });
    });
    afterAll(() => audit?.close());

    type Query = Parameters<Audit['internal']['LookupEvents']>[0];
    /** Event ids of all pages. */
    async function lookup(query: Query, limit?: number): Promise<string[]> {
      const found: string[] = [];
      let NextToken: string | undefined;
      do {
        const page = await audit.as(auditor()).LookupEvents({
          ...query,
          ...(limit !== undefined && { Limit: limit }),
          ...(NextToken !== undefined && { NextToken }),
        });
        if (limit !== undefined) expect(page.Events.length).toBeLessThanOrEqual(limit);
        found.push(...page.Events.map((event) => (event.Event as { eventID: string }).eventID));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return found;
    }
    const expected = (keep: (record: (typeof records)[number], i: number) => boolean) =>
      sent.filter((_, i) => keep(records[i]!, i)).map((record) => record.EventId);

    const arn = (user: string) => `arn:aws:iam::${ACCOUNT}:user/team/${user}`;
    const filters: [string, Query, Parameters<typeof expected>[0]][] = [
      ['no filter', {}, () => true],
      ['EventName', { EventName: 'Decrypt' }, (r) => r.name === 'Decrypt'],
      ['EventSource', { EventSource: 'iam.amazonaws.com' }, (r) => r.source === 'iam.amazonaws.com'],
      ['UserName', { UserName: 'bob' }, (r) => r.userName === 'bob'],
      ['PrincipalArn', { PrincipalArn: arn('carol') }, (r) => r.userName === 'carol'],
      ['AccessKeyId', { AccessKeyId: 'AKIAALICE' }, (r) => r.userName === 'alice'],
      ['Outcome success', { Outcome: 'success' }, (_, i) => outcomeOf(i) === 'success'],
      ['Outcome denied', { Outcome: 'denied' }, (_, i) => outcomeOf(i) === 'denied'],
      ['Outcome failed', { Outcome: 'failed' }, (_, i) => outcomeOf(i) === 'failed'],
      ['Layer', { Layer: 'scp' }, (r) => r.effect === 'deny' && r.layer === 'scp'],
      ['EnterpriseProjectId', { EnterpriseProjectId: 'project-2' }, (_, i) => i % 4 === 2],
      [
        'Layer and project',
        { Layer: 'identity', EnterpriseProjectId: 'project-3', UserName: 'carol' },
        (r, i) => r.effect === 'deny' && i % 4 === 3 && r.userName === 'carol',
      ],
      ['RequestId', { RequestId: 'req-17' }, (r) => r.requestId === 'req-17'],
      ['EventId', { EventId: sent[33]!.EventId }, (_, i) => i === 33],
      ['Resource', { Resource: `arn:aws:kms:local-1:${ACCOUNT}:key/3` }, (_, i) => i % 6 === 3],
      ['second Resource', { Resource: `arn:aws:kms:local-1:${ACCOUNT}:alias/a` }, (_, i) => i % 6 === 0],
      ['StartTime', { StartTime: T0 + 100_000 }, (r) => r.time >= T0 + 100_000],
      ['EndTime', { EndTime: T0 + 9_000 }, (r) => r.time <= T0 + 9_000],
      [
        'several',
        { StartTime: T0 + 10_000, EndTime: T0 + 90_000, EventName: 'Encrypt', UserName: 'bob', Outcome: 'success' },
        (r, i) =>
          r.time >= T0 + 10_000 &&
          r.time <= T0 + 90_000 &&
          r.name === 'Encrypt' &&
          r.userName === 'bob' &&
          outcomeOf(i) === 'success',
      ],
      [
        'Resource and others',
        { Resource: `arn:aws:kms:local-1:${ACCOUNT}:key/2`, EventSource: 'kms.amazonaws.com', EndTime: T0 + 60_000 },
        (r, i) => i % 6 === 2 && r.source === 'kms.amazonaws.com' && r.time <= T0 + 60_000,
      ],
      ['filters that contradict each other', { UserName: 'bob', PrincipalArn: arn('alice') }, () => false],
    ];

    it.each(filters)('finds by %s, in both orders and with any page size', async (_title, query, keep) => {
      const oldestFirst = expected(keep);
      expect(await lookup({ ...query, Order: 'asc' }, 200)).toEqual(oldestFirst);
      expect(await lookup({ ...query, Order: 'asc' }, 7)).toEqual(oldestFirst);
      // Two records share each moment, so the order inside of a moment turns around as well.
      expect(await lookup(query, 13)).toEqual(oldestFirst.toReversed());
    });

    it('answers 50 events when no limit is given', async () => {
      const page = await audit.as(auditor()).LookupEvents({});
      expect(page.Events).toHaveLength(50);
      expect(page.NextToken).toBeDefined();
      expect(page.Events[0]).toMatchObject({ Event: JSON.parse(sent[239]!.Record), Sequence: 240 });
    });

    it('refuses a page token for other filters, another order or another account', async () => {
      const { NextToken } = await audit.as(auditor()).LookupEvents({ EventName: 'Decrypt', Limit: 5 });
      const again = { EventName: 'Decrypt', NextToken: NextToken! };
      expect((await audit.as(auditor()).LookupEvents(again)).Events.length).toBeGreaterThan(0);
      const attempts: [Query, ReturnType<typeof auditor>][] = [
        [{ ...again, EventName: 'Encrypt' }, auditor()],
        [{ ...again, Order: 'asc' }, auditor()],
        [{ ...again, StartTime: T0 }, auditor()],
        [again, auditor(OTHER_ACCOUNT)],
        [{ ...again, NextToken: `${NextToken!.slice(0, -2)}xx` }, auditor()],
      ];
      for (const [query, caller] of attempts)
        await expect(audit.as(caller).LookupEvents(query)).rejects.toMatchObject({ code: 'Validation' });
    });

    it('shows the records of the own account only, whatever is asked for', async () => {
      const other = audit.as(auditor(OTHER_ACCOUNT));
      const queries: Query[] = [
        { Limit: 200 },
        { EventId: sent[0]!.EventId },
        { RequestId: 'req-100' },
        { PrincipalArn: arn('alice') },
        { Resource: `arn:aws:kms:local-1:${ACCOUNT}:key/5`, StartTime: T0 + 20_000 },
        { AccessKeyId: 'AKIABOB', StartTime: T0 + 20_000 },
      ];
      const own = new Set(foreign.map((record) => record.EventId));
      for (const query of queries) {
        const { Events } = await other.LookupEvents(query);
        for (const { Event } of Events) expect(own).toContain((Event as { eventID: string }).eventID);
      }
      const stream = await other.ReadStream({});
      expect(stream.Records.map((record) => record.Record)).toEqual(foreign.map((record) => record.Record));
      expect(await other.DescribeStream({})).toMatchObject({ Sequence: 20, FirstTime: T0, LastTime: T0 + 9_000 });
    });

    it('denies everything to a principal without a policy', async () => {
      const client = audit.as(nobody());
      const attempts = [
        client.LookupEvents({}),
        client.ReadStream({}),
        client.DescribeStream({}),
        client.GetDecision({ DecisionId: sent[0]!.EventId }),
      ];
      for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'AccessDenied' });
    });

    it('reads the stream in pages that end at the head', async () => {
      const client = audit.as(auditor());
      const first = await client.ReadStream({ Limit: 100 });
      expect(first.Records[0]).toMatchObject({ Sequence: 1, PreviousHash: '0'.repeat(64) });
      expect(first.NextSequence).toBe(101);
      const last = await client.ReadStream({ FromSequence: 201, Limit: 100 });
      expect(last.Records).toHaveLength(40);
      expect(last.NextSequence).toBeUndefined();
      expect(last.Head).toEqual({ Sequence: 240, Hash: last.Records.at(-1)!.Hash });
      const beyond = await client.ReadStream({ FromSequence: 241 });
      expect(beyond).toEqual({ Records: [], Head: last.Head });
    });

    it('tells everything a decision rested on', async () => {
      const decision = await audit.as(auditor()).GetDecision({ DecisionId: sent[7]!.EventId });
      expect(decision).toMatchObject({
        DecisionId: sent[7]!.EventId,
        EventId: sent[7]!.EventId,
        Time: records[7]!.time,
        Principal: { Arn: arn('bob'), UserName: 'bob', Type: 'IAMUser' },
        Action: 'kms:DescribeKey',
        Resource: `arn:aws:kms:local-1:${ACCOUNT}:key/1`,
        Effect: 'deny',
        Layer: 'identity',
        Reason: 'implicit-deny',
        Context: { 'aws:principalarn': arn('bob'), 'aws:sourceip': '192.0.2.7' },
        Policies: [`arn:aws:iam::${ACCOUNT}:policy/developers@v3`],
        PolicyVersion: 17,
        ErrorCode: 'AccessDeniedException',
        Message: expect.stringContaining('is not authorized to perform: kms:DescribeKey'),
      });
      expect(decision.Checks).toEqual([
        expect.objectContaining({
          Statements: [],
          Context: expect.objectContaining({ 'kms:encryptioncontext:app': 'billing' }),
        }),
      ]);
      const allowed = await audit.as(auditor()).GetDecision({ DecisionId: sent[1]!.EventId });
      expect(allowed.Checks[0]!.Statements).toEqual([
        { PolicyArn: `arn:aws:kms:local-1:${ACCOUNT}:key/1`, Sid: 'Enable IAM User Permissions', Index: 0 },
      ]);
    });

    it('answers the same for a decision of another account as for one that does not exist', async () => {
      const unknown = sample({ time: T0 }).EventId;
      const errors = await Promise.all(
        [sent[0]!.EventId, unknown].map((DecisionId) =>
          audit
            .as(auditor(OTHER_ACCOUNT))
            .GetDecision({ DecisionId })
            .catch((error: Error) => ({ ...error, message: error.message.replace(DecisionId, '<id>') })),
        ),
      );
      expect(errors[0]).toMatchObject({ code: 'NotFound', status: 404 });
      expect(errors[0]).toEqual(errors[1]);
    });

    it('waits for a decision that was made a moment ago', async () => {
      const late = sample({ wseq: 1, boot: 'boot-3', accountId: '777788889999' });
      const asking = audit.as(auditor('777788889999')).GetDecision({ DecisionId: late.EventId });
      await new Promise((resolve) => setTimeout(resolve, 60));
      await audit.internal.IngestRecords({ Records: [late] });
      expect((await asking).DecisionId).toBe(late.EventId);
    });
  });
}
