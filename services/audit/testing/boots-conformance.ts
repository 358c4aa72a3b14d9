/** How writers that ended without saying so are closed, on either engine. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecord } from '../../../tlog/verify/entry.ts';
import { BootCloser } from '../sequencer/boot-closer.ts';
import { type Audit, type AuditOptions, auditor, log, startAudit } from './harness.ts';
import { sample } from './records.ts';

export function describeBoots(options: () => AuditOptions, reset: () => Promise<void>): void {
  describe('boots of writers', () => {
    let audit: Audit;
    let now: number;
    let wseq: number;
    beforeEach(async () => {
      await reset();
      now = Date.now();
      wseq = 0;
      audit = await startAudit({ ...options(), clock: { now: () => now } });
    });
    afterEach(() => audit.close());

    const report = (requestParameters: object) => {
      const eventID = audit.ids.uuidv7();
      const about = { eventID, eventName: 'ReportWriter', recipientAccountId: '', requestParameters };
      const record = JSON.stringify({ ...about, x: { boot: 'boot-a', wseq: ++wseq } });
      return sample({ eventId: eventID, boot: 'boot-a', wseq, time: now, record, accountId: '' });
    };
    const ingest = (...Records: ReturnType<typeof sample>[]) => audit.internal.IngestRecords({ Records });
    const silent = async () => (await audit.as(auditor()).DescribeStream({})).SilentWriters;
    const closings = async () =>
      (await audit.store.readOutbox(100)).flatMap(({ record }) => readRecord(record)?.closed ?? []);
    const closer = () => new BootCloser({ ...audit.deps, log });
    /** Looks as often as it does, for so long. */
    const pass = async (closing: BootCloser, ms: number) => {
      let closed = 0;
      for (const until = now + ms; now < until; now += 15_000) closed += await closing.close();
      return closed;
    };

    it('are silent by what they say themselves, and closed once', async () => {
      const closing = closer();
      await ingest(report({ State: 'Started', EverySeconds: 60 }), sample({ boot: 'boot-a', wseq: ++wseq, time: now }));
      expect(await pass(closing, 120_000)).toBe(0);
      expect(await silent()).toBe(0);
      now += 1;
      expect(await silent()).toBe(1);
      expect(await closing.close()).toBe(1);
      expect(await closings()).toEqual([{ boot: 'boot-a', last: 2 }]);
      expect(await silent()).toBe(0);
      expect(await pass(closing, 300_000)).toBe(0);
    });

    it('that say nothing of it are missed after six minutes, and those that stopped never', async () => {
      const closing = closer();
      await ingest(report({ State: 'Started' }));
      expect(await pass(closing, 360_000)).toBe(0);
      expect(await pass(closing, 30_000)).toBe(1);
      await ingest(report({ State: 'Stopped', EverySeconds: 60 }));
      expect(await pass(closing, 400_000)).toBe(0);
    });

    it('live again by their next record', async () => {
      const closing = closer();
      await ingest(report({ State: 'Started', EverySeconds: 60 }));
      expect(await pass(closing, 150_000)).toBe(1);
      await ingest(report({ State: 'Alive' }));
      expect(await pass(closing, 110_000)).toBe(0);
      expect(await pass(closing, 30_000)).toBe(1);
      expect(await closings()).toEqual([
        { boot: 'boot-a', last: 1 },
        { boot: 'boot-a', last: 2 },
      ]);
    });

    it('are not closed by who did not listen for a minute, stood still, or does not number records', async () => {
      await ingest(report({ State: 'Started', EverySeconds: 60 }));
      now += 500_000;
      const closing = closer();
      expect(await pass(closing, 60_000)).toBe(0);
      now += 60_000;
      expect(await pass(closing, 60_000)).toBe(0);
      await audit.deps.sequencer.stop();
      expect(await pass(closing, 120_000)).toBe(0);
      expect(await closings()).toEqual([]);
      await audit.deps.sequencer.start();
      expect(await pass(closing, 75_000)).toBe(1);
    });

    it('are known to the audit service as the records that close them say', async () => {
      await ingest(report({ State: 'Started', EverySeconds: 60 }));
      const eventID = audit.ids.uuidv7();
      const requestParameters = { Boot: 'boot-a', LastNumber: 4 };
      const about = { eventID, eventName: 'BootClosed', recipientAccountId: '', requestParameters };
      const record = JSON.stringify({ ...about, x: { boot: 'boot-b', wseq: 1 } });
      await ingest(sample({ eventId: eventID, boot: 'boot-b', time: now, record, accountId: '' }));
      now += 11_000;
      const { MissingWriterNumbers } = await audit.as(auditor()).DescribeStream({});
      expect(MissingWriterNumbers).toBe(3);
    });
  });
}
