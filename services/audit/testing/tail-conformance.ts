/** Records as they come, on either engine. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, type Audit, type AuditOptions, auditor, nobody, OTHER_ACCOUNT, startAudit } from './harness.ts';
import { sample } from './records.ts';

export function describeTail(options: () => AuditOptions, reset: () => Promise<void>): void {
  describe('records as they come', () => {
    let audit: Audit;
    beforeEach(async () => {
      await reset();
      audit = await startAudit(options());
    });
    afterEach(() => audit.close());

    let wseq = 0;
    const ingest = (...all: Parameters<typeof sample>[0][]) =>
      audit.internal.IngestRecords({ Records: all.map((one) => sample({ wseq: ++wseq, ...one })) });
    const me = () => audit.as(auditor());
    const took = async <T>(what: Promise<T>): Promise<[T, number]> => {
      const from = performance.now();
      return [await what, performance.now() - from];
    };

    it('of an account are waited for, come in order and without those of others, and say where to go on', async () => {
      await ingest({}, {}, { accountId: OTHER_ACCOUNT });
      expect(await me().TailStream({})).toEqual({ Records: [], NextSequence: 3 });
      const past = await me().TailStream({ FromSequence: 1, Limit: 1, WaitSeconds: 30 });
      expect(past.Records.map(({ Sequence }) => Sequence)).toEqual([1]);
      expect(past.NextSequence).toBe(2);

      const waiting = took(me().TailStream({ FromSequence: 3, WaitSeconds: 30 }));
      await ingest({ accountId: OTHER_ACCOUNT });
      await ingest({ name: 'Encrypt' });
      const [{ Records, NextSequence }, waited] = await waiting;
      expect(Records).toEqual((await me().ReadStream({ FromSequence: 3 })).Records);
      expect([Records.length, NextSequence]).toEqual([1, 4]);
      expect(waited).toBeLessThan(25_000);
    });

    it('end no wait when they are of the waiting itself, and come with the next others', async () => {
      const wait = (FromSequence: number, WaitSeconds: number) => took(me().TailStream({ FromSequence, WaitSeconds }));
      await ingest({ name: 'TailStream' }, { name: 'TailStream' });
      const [alone, waited] = await wait(1, 1);
      expect(waited).toBeGreaterThanOrEqual(990);
      expect([alone.Records.length, alone.NextSequence]).toEqual([2, 3]);
      const [nothing] = await wait(3, 0);
      expect(nothing).toEqual({ Records: [], NextSequence: 3 });
      const waiting = wait(1, 30);
      await ingest({ name: 'TailStream' }, { name: 'Encrypt' });
      const [{ Records }] = await waiting;
      expect(Records.map(({ Record }) => JSON.parse(Record).eventName).at(-1)).toBe('Encrypt');
      expect(Records).toHaveLength(4);
    });

    it('are for whoever may read the stream, and no more wait than may', async () => {
      await expect(audit.as(nobody()).TailStream({ FromSequence: 1 })).rejects.toMatchObject({ code: 'AccessDenied' });
      await expect(audit.as(auditor()).FollowLog({ Limit: 1, WaitMilliseconds: 0 })).rejects.toMatchObject({
        code: 'AccessDenied',
      });
      const waiting = [1, 2].map(() => me().TailStream({ FromSequence: 1, WaitSeconds: 30 }));
      await expect.poll(() => audit.deps.tip.isFull).toBe(true);
      await expect(me().TailStream({ FromSequence: 1, WaitSeconds: 30 })).rejects.toMatchObject({
        code: 'TooManyRequests',
      });
      await ingest({});
      expect((await Promise.all(waiting)).map(({ Records }) => Records.length)).toEqual([1, 1]);
    });

    it('of all accounts come in the order of the log, each once', async () => {
      expect(await audit.internal.FollowLog({ Limit: 1, WaitMilliseconds: 0 })).toEqual({ Events: [], Next: 0 });
      const waiting = audit.internal.FollowLog({ From: 0, Limit: 200, WaitMilliseconds: 30_000 });
      await ingest({}, { accountId: OTHER_ACCOUNT }, { accountId: '' }, {});
      const all = await waiting;
      expect(all.Events.map(({ AccountId, Position }) => [AccountId, Position])).toEqual([
        [ACCOUNT, 0],
        [OTHER_ACCOUNT, 1],
        ['', 2],
        [ACCOUNT, 3],
      ]);
      expect(all.Next).toBe(4);
      const seen: number[] = [];
      for (let From = 0; From < 4; ) {
        const { Events, Next } = await audit.internal.FollowLog({ From, Limit: 1, WaitMilliseconds: 0 });
        seen.push(...Events.map(({ Position }) => Position));
        From = Next;
      }
      expect(seen).toEqual([0, 1, 2, 3]);
      const page = await me().ReadStream({});
      expect(all.Events[3]).toMatchObject({ Sequence: 2, Hash: page.Records[1]!.Hash });
      expect(all.Events[3]!.Event).toEqual(JSON.parse(page.Records[1]!.Record));
    });
  });
}
