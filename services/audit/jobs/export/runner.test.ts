import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Audit, auditor, startAudit } from '../../testing/harness.ts';
import { type Receiver, type Reply, startReceiver } from '../../testing/receiver.ts';
import { sample } from '../../testing/records.ts';
import { ExportRunner } from './runner.ts';

const HMAC_KEY = 'a key of sixteen or more';

let audit: Audit;
let receiver: Receiver;
let runner: ExportRunner;
let now = 0;

beforeEach(async () => {
  now = Date.now();
  audit = await startAudit({ clock: { now: () => now } });
  receiver = await startReceiver();
  runner = new ExportRunner(audit.deps);
});
afterEach(async () => {
  await runner.stop();
  await receiver.stop();
  await audit.close();
});

const me = () => audit.as(auditor());
const webhook = () => ({ Webhook: { Url: receiver.url, Ca: receiver.ca, HmacKey: HMAC_KEY } });

async function create(input: object = {}) {
  const { Export } = await me().CreateExport({ Name: 'hook', Format: 'native', Destination: webhook(), ...input });
  return Export;
}

async function ingest(count: number): Promise<string[]> {
  const Records = Array.from({ length: count }, () => sample({ time: now }));
  await audit.internal.IngestRecords({ Records });
  return Records.map(({ EventId }) => EventId);
}

const linesOf = (body: Buffer) => body.toString('utf8').trimEnd().split('\n');
const idsOf = (body: Buffer): string[] => linesOf(body).map((line) => JSON.parse(line).eventID);
const seen = () => receiver.received.flatMap(({ body }) => idsOf(body));
const status = async () => (await me().DescribeExport({ Name: 'hook' })).Export.Status;
const answering = (reply: Reply) => {
  receiver.answer = () => reply;
};
/** Whatever waits is over. */
const later = () => {
  now += 600_000;
};

describe('an export', () => {
  it('sends every record in order, signed, and remembers how far it is', async () => {
    await create();
    const first = await ingest(3);
    await runner.turns();
    const second = await ingest(900);
    await runner.turns();
    expect(seen()).toEqual([...first, ...second]);
    expect(await status()).toMatchObject({ Cursor: 904, DeliveredRecords: 903, LagRecords: 0, LagSeconds: 0 });
    const { headers, body } = receiver.received[0]!;
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['parapet-signature']))!;
    expect(v1).toBe(createHmac('sha256', HMAC_KEY).update(`${t}.`).update(body).digest('hex'));
    expect(Math.max(...receiver.received.map(({ body }) => linesOf(body).length))).toBeLessThanOrEqual(500);
  });

  it('shows and records no secret', async () => {
    const shown = await create();
    expect(JSON.stringify(shown)).not.toContain(HMAC_KEY);
    expect(JSON.stringify((await me().ListExports({})).Exports)).not.toContain(HMAC_KEY);
    const rows = await audit.store.read.selectFrom('export').selectAll().execute();
    expect(Buffer.concat(rows.map(({ secrets }) => secrets!)).toString('latin1')).not.toContain(HMAC_KEY);
  });

  it('sends only what its filter lets through, and passes the rest', async () => {
    await create({ Filter: { ReadOnly: false } });
    const write = sample({ time: now, write: true });
    await audit.internal.IngestRecords({ Records: [sample({ time: now }), write, sample({ time: now })] });
    await runner.turns();
    expect(seen()).toEqual([write.EventId]);
    expect(await status()).toMatchObject({ Cursor: 4, DeliveredRecords: 1, LagRecords: 0 });
  });

  it('begins at the next record when it is told so', async () => {
    await ingest(2);
    await create({ StartAt: 'NOW' });
    const wanted = await ingest(2);
    await runner.turns();
    expect(seen()).toEqual(wanted);
  });

  it('sends nothing while it is paused, and leaves nothing out', async () => {
    await create();
    await me().PauseExport({ Name: 'hook' });
    const wanted = await ingest(2);
    await runner.turns();
    expect(seen()).toEqual([]);
    await me().ResumeExport({ Name: 'hook' });
    await runner.turns();
    expect(seen()).toEqual(wanted);
  });

  it('sends again from where it is told, for a receiver that lost records', async () => {
    await create();
    const all = await ingest(4);
    await runner.turns();
    await expect(me().UpdateExport({ Name: 'hook', RestartFrom: 9 })).rejects.toMatchObject({
      code: 'InvalidPosition',
    });
    await me().UpdateExport({ Name: 'hook', RestartFrom: 3 });
    await runner.turns();
    expect(seen()).toEqual([...all, ...all.slice(2)]);
  });

  it('is gone with everything that is known about it when it is deleted', async () => {
    await create();
    await ingest(1);
    await me().DeleteExport({ Name: 'hook' });
    await runner.turns();
    expect(seen()).toEqual([]);
    await expect(me().DescribeExport({ Name: 'hook' })).rejects.toMatchObject({ code: 'NotFound' });
    for (const table of ['export', 'export_progress'] as const)
      expect(await audit.store.read.selectFrom(table).selectAll().execute()).toEqual([]);
  });

  it('that somebody pointed elsewhere in the database sends nothing', async () => {
    await create();
    await ingest(1);
    const destination = JSON.stringify({ kind: 'Webhook', Url: receiver.url, Ca: receiver.ca, more: 1 });
    await audit.store.transaction((tx) => tx.updateTable('export').set({ destination }).execute());
    await runner.turns();
    expect(seen()).toEqual([]);
  });
});

describe('a receiver', () => {
  it('that is slow keeps nobody waiting: requests and other exports are over before it answers', async () => {
    const order: string[] = [];
    let release = () => {};
    const slow = new Promise<void>((done) => {
      release = done;
    });
    const other = await startReceiver(() => {
      order.push('other export');
      return {};
    });
    receiver.answer = () => ({ after: slow.then(() => void order.push('slow receiver')) });
    await create();
    await create({ Name: 'other', Destination: { Webhook: { Url: other.url, Ca: other.ca, HmacKey: HMAC_KEY } } });
    await ingest(1);
    const turns = runner.turns();
    await expect.poll(() => [receiver.received.length, order.length]).toEqual([1, 1]);
    await ingest(600);
    order.push('600 records taken in');
    await me().LookupEvents({ Limit: 10 });
    order.push('search answered');
    release();
    await turns;
    await other.stop();
    expect(order.slice(0, 4)).toEqual(['other export', '600 records taken in', 'search answered', 'slow receiver']);
  });

  it.each([
    ['is down', async () => receiver.shut(), async () => receiver.open(), 'it refuses connections'],
    [
      'answers errors',
      async () => answering({ status: 503 }),
      async () => answering({}),
      'it answered with status 503',
    ],
    [
      'breaks off before it answers',
      async () => answering({ cut: true }),
      async () => answering({}),
      'it broke the connection off',
    ],
  ])('that %s is asked again, and gets everything in order', async (_, down, up, words) => {
    await create();
    const before = await ingest(2);
    await runner.turns();
    await down();
    const after = await ingest(5);
    await runner.turns();
    expect(await status()).toMatchObject({ LastError: words, LagRecords: 5, Cursor: 3 });
    expect((await status()).NextAttemptDate).toBeGreaterThan(now);
    now += 100;
    await runner.turns();
    expect((await status()).LagRecords).toBe(5);
    const taken = receiver.received.length;
    await up();
    later();
    await runner.turns();
    const last = receiver.received.slice(taken).flatMap(({ body }) => idsOf(body));
    expect([...before, ...last]).toEqual([...before, ...after]);
    expect(await status()).toMatchObject({ LagRecords: 0, Cursor: 8 });
    expect(await status()).not.toHaveProperty('LastError');
  });

  it('that asks for patience gets it', async () => {
    await create();
    await ingest(1);
    receiver.answer = () => ({ status: 429, headers: { 'retry-after': '120' } });
    await runner.turns();
    expect((await status()).NextAttemptDate).toBeGreaterThanOrEqual(now + 120_000);
  });

  it('that never takes one record gets all others, and the record is named', async () => {
    await create();
    const ids = await ingest(5);
    const poison = ids[2]!;
    receiver.answer = ({ body }) => ({ status: idsOf(body).includes(poison) ? 400 : 200 });
    for (let tries = 0; tries < 25; tries++) {
      await runner.turns();
      later();
    }
    const taken = receiver.received
      .filter(({ body }) => !idsOf(body).includes(poison))
      .flatMap(({ body }) => idsOf(body));
    expect([...new Set(taken)]).toEqual(ids.filter((id) => id !== poison));
    const told = await status();
    expect(told).toMatchObject({ Cursor: 6, RefusedRecords: 1, DeliveredRecords: 4 });
    expect(told.NewestRefused).toMatchObject([{ EventId: poison, Position: 3, Reason: 'it answered with status 400' }]);
    const alone = receiver.received.filter(({ body }) => body.includes(poison) && linesOf(body).length === 1);
    expect(alone).toHaveLength(20);
  });

  it('that is slow in refusing one record gets all others, too', async () => {
    await create();
    const ids = await ingest(5);
    const poison = ids[2]!;
    receiver.answer = ({ body }) => {
      now += 20_000;
      return { status: idsOf(body).includes(poison) ? 400 : 200 };
    };
    for (let tries = 0; tries < 30; tries++) {
      await runner.turns();
      later();
    }
    expect(await status()).toMatchObject({ Cursor: 6, RefusedRecords: 1, DeliveredRecords: 4 });
  });

  it('with a certificate of somebody else gets nothing', async () => {
    const stranger = await startReceiver();
    await create({ Destination: { Webhook: { Url: receiver.url, Ca: stranger.ca, HmacKey: HMAC_KEY } } });
    await ingest(1);
    await runner.turns();
    expect(await status()).toMatchObject({ LastError: 'its certificate is not signed by a trusted authority' });
    expect(receiver.received).toEqual([]);
    await stranger.stop();
  });

  it('at an address that is not allowed is not connected to', async () => {
    const deps = { ...audit.deps, exports: { ...audit.deps.exports, networks: [] } };
    await create();
    await ingest(1);
    const strict = new ExportRunner(deps);
    await strict.turns();
    expect(await status()).toMatchObject({ LastError: 'it is at an address that exports may not connect to' });
    await strict.stop();
  });
});

describe('more exports than are worked on at once', () => {
  it('have their turn, also when those before them always have work', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `hook-${index}`);
    for (const Name of names) await create({ Name });
    for (let round = 0; round < 3; round++) {
      await ingest(1);
      await runner.turns();
    }
    const { Exports } = await me().ListExports({});
    expect(Exports).toHaveLength(names.length);
    expect(Exports.filter(({ Status }) => Status.DeliveredRecords === 0)).toEqual([]);
  });
});

describe('two nodes', () => {
  it('do not send the same export at the same time, and one that lost its lease moves no cursor', async () => {
    await create();
    const ids = await ingest(3);
    let release = () => {};
    const slow = new Promise<void>((done) => {
      release = done;
    });
    receiver.answer = () => ({ after: slow });
    const other = new ExportRunner(audit.deps);
    const first = runner.turns();
    await expect.poll(() => receiver.received.length).toBe(1);
    await other.turns();
    expect(receiver.received).toHaveLength(1);
    // The first node stops for longer than its lease: the other one takes over.
    later();
    receiver.answer = () => ({});
    await other.turns();
    expect(await status()).toMatchObject({ Cursor: 4, DeliveredRecords: 3 });
    release();
    await first;
    expect(await status()).toMatchObject({ Cursor: 4, DeliveredRecords: 3 });
    expect(seen()).toEqual([...ids, ...ids]);
    await other.stop();
  });
});
