import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { StoredRecord } from '../engine.ts';
import { times } from '../testing/fixture.ts';
import { RecordJournal } from './journal.ts';
import { decodeFrames, encodeFrame } from './journal-frames.ts';

const row = (n: number, record = `{"n":${n}}`): StoredRecord => ({
  event_id: `e${n}`,
  position: n,
  account_id: n % 2 === 0 ? null : '111122223333',
  wseq: n,
  boot: 'b',
  created_at: n,
  record,
});

describe('frames of the journal', () => {
  const text = fc.string({ unit: 'grapheme' }).map((s) => s.replaceAll('\0', ''));
  const rows = fc.array(
    fc.record({
      event_id: text,
      position: fc.nat(),
      account_id: fc.option(text),
      wseq: fc.nat(),
      boot: text,
      created_at: fc.nat(),
      record: text,
    }),
    { minLength: 1, maxLength: 5 },
  );

  it('give back every row to the character', () => {
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 5 }), (batches) => {
        expect(decodeFrames(Buffer.concat(batches.map(encodeFrame)))).toEqual({ rows: batches.flat(), damaged: false });
      }),
    );
  });

  it('give back the whole batches before a cut, at whatever byte it is', () => {
    const batches = [[row(1), row(2)], [row(3)], [row(4, 'ü'.repeat(50))]];
    const frames = batches.map(encodeFrame);
    const bytes = Buffer.concat(frames);
    for (let cut = 0; cut < bytes.length; cut++) {
      let whole = 0;
      for (let end = 0; whole < frames.length && end + (frames[whole] as Buffer).length <= cut; whole++)
        end += (frames[whole] as Buffer).length;
      expect(decodeFrames(bytes.subarray(0, cut))).toEqual({ rows: batches.slice(0, whole).flat(), damaged: false });
    }
  });

  it('tell a changed byte, at whatever place it is, unless it is in the last batch', () => {
    const last = encodeFrame([row(9)]);
    const bytes = Buffer.concat([encodeFrame([row(1)]), encodeFrame([row(2)]), last]);
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      expect(decodeFrames(changed).damaged).toBe(at < bytes.length - last.length);
    }
  });
});

describe('the journal', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parapet-journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = () =>
    new RecordJournal({
      service: 'kms',
      folder,
      onBroken: (error) => expect.fail(error.message),
    });
  const ids = (rows: readonly StoredRecord[]) => rows.map((r) => r.event_id);

  it('has what a killed process wrote, and goes on behind it', async () => {
    await open().append([row(1), row(2)]);
    const second = open();
    expect(second.position).toBe(2);
    await second.append([row(3)]);
    expect(ids(open().read(10))).toEqual(['e1', 'e2', 'e3']);
  });

  it('drops a batch that was cut off, in every segment', async () => {
    await open().append([row(1)]);
    appendFileSync(join(folder, 'kms.records-000001.log'), encodeFrame([row(2)]).subarray(0, 30));
    await open().append([row(3)]);
    expect(ids(open().read(10))).toEqual(['e1', 'e3']);
  });

  it('refuses a file in which something that was written has changed', async () => {
    const journal = open();
    await journal.append([row(1)]);
    await journal.append([row(2)]);
    const path = join(folder, 'kms.records-000001.log');
    const bytes = readFileSync(path);
    bytes[20] = (bytes[20] as number) ^ 1;
    writeFileSync(path, bytes);
    expect(() => open()).toThrow(/is damaged/);
  });

  it('keeps the order over many segments, in memory bounded by two of them, and removes what was delivered', async () => {
    const journal = open();
    const large = 'x'.repeat(1_000_000);
    for (const n of times(30, (i) => i + 1)) await journal.append([row(n, large)]);
    expect(readdirSync(folder)).toHaveLength(4);
    const seen: string[] = [];
    for (let rows = journal.read(7); rows.length > 0; rows = journal.read(7)) {
      seen.push(...ids(rows));
      expect(journal.delete(ids(rows))).toEqual([]);
    }
    expect(seen).toEqual(times(30, (i) => `e${i + 1}`));
    journal.close();
    await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]));
  });

  it('names the ids it does not have', async () => {
    const journal = open();
    await journal.append([row(1), row(2)]);
    expect(journal.delete(['e2', 'other'])).toEqual(['other']);
    expect(ids(journal.read(10))).toEqual(['e1']);
  });

  it('uses a small file again instead of making one per delivery', async () => {
    const journal = open();
    for (const n of times(50, (i) => i + 1)) {
      await journal.append([row(n)]);
      journal.delete([`e${n}`]);
    }
    expect(readdirSync(folder)).toEqual(['kms.records-000001.log']);
  });

  it('keeps a batch that is being written while everything before it is delivered', async () => {
    const journal = open();
    for (const n of times(20, (i) => 2 * i)) {
      await journal.append([row(n, 'x'.repeat(1_200_000))]);
      const writing = journal.append([row(n + 1, 'y'.repeat(600_000))]);
      journal.delete([`e${n}`]);
      await writing;
      expect(ids(journal.read(10))).toEqual([`e${n + 1}`]);
      expect(ids(open().read(100))).toContain(`e${n + 1}`);
      journal.delete([`e${n + 1}`]);
    }
  });

  it('delivers again what was delivered before a kill, rather than nothing', async () => {
    const journal = open();
    await journal.append([row(1), row(2)]);
    journal.delete(['e1']);
    expect(ids(open().read(10))).toEqual(['e1', 'e2']);
  });
});
