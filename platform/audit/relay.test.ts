import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../contract/error.ts';
import { openStore, type Store } from '../store/index.ts';
import { OutboxRelay, type RelayRecord } from './relay.ts';

const clock = { now: () => Date.now() };
const log = { warn: () => undefined, error: () => undefined };

describe('outbox relay', () => {
  let folder: string;
  let store: Store<unknown>;
  let relay: OutboxRelay;
  let received: RelayRecord[][];
  let written = 0;
  /** Thrown by the receiver while set. */
  let refuse: (batch: RelayRecord[]) => Error | undefined;

  const send = async (batch: RelayRecord[]) => {
    const error = refuse(batch);
    if (error) throw error;
    received.push(batch);
  };
  const ids = () => received.flat().map((record) => record.EventId);
  const append = async (count: number, record = '{}') => {
    const rows = Array.from({ length: count }, () => {
      written++;
      return { eventId: `e${written}`, accountId: null, wseq: written, boot: 'b', createdAt: Date.now(), record };
    });
    await Promise.all(rows.map((row) => store.appendRecord(row)));
    return rows.map((row) => row.eventId);
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parapet-relay-'));
    store = await openStore({ service: 'kms', folder, clock, migrations: [] });
    received = [];
    written = 0;
    refuse = () => undefined;
    relay = new OutboxRelay({ store, send, log, clock, node: 'kms-1' });
  });
  afterEach(async () => {
    await relay.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('delivers every record once in the order of the outbox and empties it', async () => {
    const sent = await append(2300, '{"a":"é"}');
    await relay.drain();
    expect(ids()).toEqual(sent);
    expect(received[0]![0]).toEqual({
      EventId: 'e1',
      AccountId: '',
      CreatedAt: expect.any(Number),
      Wseq: 1,
      Boot: 'b',
      Node: 'kms-1',
      Record: '{"a":"é"}',
    });
    expect(Math.max(...received.map((batch) => batch.length))).toBeLessThanOrEqual(1000);
    expect(await store.readOutbox(10)).toEqual([]);
    expect(relay.counters).toEqual({ delivered: 2300, failures: 0, parked: 0, lagMs: 0 });
  });

  it('keeps batches of large records small', async () => {
    await append(20, 'x'.repeat(60_000));
    await relay.drain();
    expect(received.length).toBeGreaterThan(1);
    for (const batch of received)
      expect(batch.reduce((sum, record) => sum + record.Record.length, 0)).toBeLessThanOrEqual(700 * 1024);
    expect(ids()).toHaveLength(20);
  });

  it('delivers soon after it is woken', async () => {
    relay.start();
    await append(1);
    relay.wake();
    await vi.waitFor(() => expect(ids()).toEqual(['e1']), { timeout: 2000, interval: 5 });
  });

  it('finds records that nobody announced', async () => {
    relay.start();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await append(1);
    await vi.waitFor(() => expect(ids()).toEqual(['e1']), { timeout: 2000, interval: 5 });
  });

  it('keeps records while the receiver is away and delivers them when it is back', async () => {
    refuse = () => new ServiceError('Unavailable', 'service audit cannot be reached');
    relay.start();
    await append(5);
    relay.wake();
    await vi.waitFor(() => expect(relay.counters.failures).toBeGreaterThan(0), { timeout: 2000 });
    expect(relay.counters.lagMs).toBeGreaterThan(0);
    await expect(relay.drain()).rejects.toMatchObject({ code: 'Unavailable' });
    expect(await store.readOutbox(10)).toHaveLength(5);
    refuse = () => undefined;
    await vi.waitFor(() => expect(ids()).toEqual(['e1', 'e2', 'e3', 'e4', 'e5']), { timeout: 5000 });
  });

  it('delivers again what was delivered when the answer was lost', async () => {
    await append(3);
    let lost = true;
    const forgetful = new OutboxRelay({
      store,
      log,
      clock,
      node: 'kms-1',
      send: async (batch) => {
        received.push(batch);
        if (lost) throw new Error('connection reset');
      },
    });
    await expect(forgetful.drain()).rejects.toThrow('connection reset');
    lost = false;
    await forgetful.drain();
    expect(ids()).toEqual(['e1', 'e2', 'e3', 'e1', 'e2', 'e3']);
  });

  it('lets no refused record hold up the others, and keeps it', async () => {
    refuse = (batch) =>
      batch.some((record) => record.EventId === 'e7') ? new ServiceError('Validation', 'too long') : undefined;
    const sent = await append(20);
    await relay.drain();
    expect(ids()).toEqual(sent.filter((id) => id !== 'e7'));
    expect(relay.counters).toMatchObject({ delivered: 19, parked: 1 });
    expect((await store.readOutbox(10)).map((row) => row.eventId)).toEqual(['e7']);
    await append(2);
    await relay.drain();
    expect(ids().slice(-2)).toEqual(['e21', 'e22']);
  });

  it('delivers nothing after it was stopped, and leaves the rest for the next start', async () => {
    relay.start();
    await relay.stop();
    await append(2);
    relay.wake();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(received).toEqual([]);
    relay.start();
    await vi.waitFor(() => expect(ids()).toEqual(['e1', 'e2']), { timeout: 2000 });
  });

  it('gives other work its turn while it carries many records', async () => {
    await append(2000);
    let turns = 0;
    const ticking = setInterval(() => turns++, 1);
    await relay.drain();
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(0);
  });

  it('reports its lag per service', async () => {
    const registry = new Registry();
    refuse = () => new Error('away');
    const watched = new OutboxRelay({ store, send, log, clock, node: 'kms-1', registry });
    new OutboxRelay({ store, send, log, clock, node: 'iam-1', registry });
    await append(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    await watched.drain().catch(() => undefined);
    const metrics = await registry.metrics();
    expect(metrics).toMatch(/parapet_audit_relay_lag_seconds\{node="kms-1"\} 0\.\d*[1-9]/);
    expect(metrics).toMatch(/parapet_audit_relay_lag_seconds\{node="iam-1"\} 0\n/);
  });
});
