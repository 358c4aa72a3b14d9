import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecord } from '../../tlog/verify/entry.ts';
import { serviceCaller } from '../client/transport.ts';
import { createLogger } from '../observe/log.ts';
import { createIds } from '../runtime/ids.ts';
import { openStore, type Store } from '../store/index.ts';
import { Recorder } from './recorder.ts';
import { ReportWriter, WriterReports } from './writer-report.ts';

let folder: string;
let store: Store<unknown>;
let now: number;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-writer-'));
  now = Date.UTC(2026, 0, 2);
  store = await openStore<unknown>({ service: 'kms', folder, clock: { now: () => now }, migrations: [] });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

function writer(boot: string) {
  const ids = createIds({ now: () => now });
  const recorder = new Recorder(store, { node: 'kms-1', boot, region: 'local-1' }, () => undefined);
  const log = createLogger({ level: 'silent', name: 'test' });
  const reports = new WriterReports({ recorder, store, ids, log, boot, service: 'kms', clock: { now: () => now } });
  const draft = () => ({
    ...{ eventId: ids.uuidv7(), operation: ReportWriter, caller: serviceCaller('kms'), now, resources: [] },
    origin: {
      ...{ requestId: ids.uuidv7(), sourceIp: '', userAgent: '', receivedAt: now },
      protocol: 'internal' as const,
    },
  });
  return { recorder, reports, draft };
}

const facts = async () => (await store.readOutbox(100)).map(({ record }) => readRecord(record));

describe('a writer', () => {
  it('says that it started, after whom, and that it stopped', async () => {
    const first = writer('boot-a');
    await first.reports.start();
    await first.recorder.append(first.draft());
    const second = writer('boot-b');
    await second.reports.start();
    await second.reports.stop();
    await first.reports.stop();
    expect(await facts()).toMatchObject([
      { boot: 'boot-a', number: 1, report: { state: 'Started', before: [] } },
      { boot: 'boot-a', number: 2 },
      { boot: 'boot-b', number: 1, report: { state: 'Started', before: [{ boot: 'boot-a', last: 2 }] } },
      { boot: 'boot-b', number: 2, report: { state: 'Stopped' } },
      { boot: 'boot-a', number: 3, report: { state: 'Stopped' } },
    ]);
  });

  it('says that it lives when it was quiet, and only then', async () => {
    const { reports } = writer('boot-a');
    await reports.start();
    now += 200_000;
    await reports.look();
    expect(await facts()).toHaveLength(1);
    now += 60_000;
    await reports.look();
    expect((await facts()).at(-1)).toMatchObject({ number: 2, report: { state: 'Alive', voids: [] } });
    await reports.stop();
  });

  it('takes back the numbers of transactions that failed, and of no others', async () => {
    const { reports, recorder, draft } = writer('boot-a');
    await reports.start();
    await store.transaction((tx) => recorder.appendIn(tx, draft()));
    const failed = store.transaction(async (tx) => {
      await recorder.appendIn(tx, draft());
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await reports.look();
    expect((await facts()).at(-1)).toMatchObject({
      number: 4,
      report: { state: 'Alive', voids: [{ first: 3, last: 3 }] },
    });
    await reports.look();
    expect(await facts()).toHaveLength(3);
    await reports.stop();
  });
});
