import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  type Files,
  filesOf,
  type MadeRecord,
  madeRecords,
  newSigner,
  START,
  signedCheckpoint,
} from '../testing/served.ts';
import { WRITER_REPORT } from './entry.ts';
import { EXIT_OF, type ServedLog, verifyServedLog } from './served-log.ts';
import { SILENCE_MS } from './writers.ts';

const log = newSigner('audit.example.com/log', 'log');
const witness = newSigner('witness.example.com/w', 'witness');
const stranger = newSigner('audit.example.com/log', 'log');
const COUNT = 600;
const entries = entriesOf(madeRecords(COUNT));
const whole = filesOf(entries, signedCheckpoint(entries, log, [witness]));

async function exitOf(files: Files, options: Partial<ServedLog> = {}): Promise<number> {
  const report = await verifyServedLog({
    read: async (path) => files.get(path),
    keys: [log.key],
    witnesses: [witness.key],
    ...options,
  });
  expect(report.ok).toBe(report.reason === undefined);
  return report.reason === undefined ? 0 : EXIT_OF[report.reason];
}

/** The files of another log under a checkpoint signed anew: what whoever holds the key could serve. */
const signedAnew = (others: Buffer[]) => filesOf(others, signedCheckpoint(others, log, [witness]));
/** The files of another log under the checkpoint that was signed. */
const unsigned = (others: Buffer[]) =>
  new Map([...filesOf(others, ''), ['checkpoint', whole.get('checkpoint') as Buffer]]);
const changed = (change: (records: MadeRecord[]) => MadeRecord[]) => entriesOf(change(madeRecords(COUNT)));

describe('a served log', () => {
  it('that is whole says so, with what was verified', async () => {
    const report = await verifyServedLog({
      read: async (path) => whole.get(path),
      keys: [stranger.key, log.key].slice(1),
      witnesses: [witness.key],
      kept: [1, 256, 257, COUNT].map((size) => ({
        name: `kept ${size}`,
        note: signedCheckpoint(entries.slice(0, size), log),
      })),
    });
    expect(report).toMatchObject({ ok: true, entries: COUNT, accounts: 2, witnesses: [witness.key.name], missing: [] });
  });

  it('is not whole when any byte of any file is another one', async () => {
    const paths = [...whole.keys()];
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, at, flip) => {
        const path = paths[which % paths.length] as string;
        const bytes = Buffer.from(whole.get(path) as Buffer);
        const place = at % bytes.length;
        bytes[place] = (bytes[place] as number) ^ flip;
        const exit = await exitOf(new Map([...whole, [path, bytes]]));
        expect(path === 'checkpoint' ? [2, 3] : path.includes('entries') ? [2, 4] : [2]).toContain(exit);
      }),
      { numRuns: 60 },
    );
  });

  it('is not whole without any of its files, or when one is shorter or longer', async () => {
    for (const [path, bytes] of whole) {
      const without = new Map(whole);
      without.delete(path);
      expect(await exitOf(without), path).toBe(4);
      if (path === 'checkpoint') continue;
      const short = new Map([...whole, [path, bytes.subarray(0, bytes.length - 1)]]);
      expect(await exitOf(short), path).toBe(path.includes('entries') ? 2 : 4);
      const long = new Map([...whole, [path, Buffer.concat([bytes, Buffer.of(0)])]]);
      expect(await exitOf(long), path).toBe(2);
    }
  });

  it.each<[string, (all: Buffer[]) => Buffer[]]>([
    ['an entry was removed', (all) => all.toSpliced(300, 1)],
    ['an entry was put in', (all) => all.toSpliced(300, 0, all[10] as Buffer)],
    ['two entries changed places', (all) => all.with(300, all[301] as Buffer).with(301, all[300] as Buffer)],
    ['the last entry is gone', (all) => all.slice(0, -1)],
  ])('is not whole when %s, with or without the key of the log', async (_what, change) => {
    const served = unsigned(change(entries));
    expect([2, 4]).toContain(await exitOf(served));
    const kept = [{ name: 'kept', note: signedCheckpoint(entries, log) }];
    expect([2, 6]).toContain(await exitOf(signedAnew(change(entries)), { kept }));
  });

  it('continues what was kept, or there are two histories', async () => {
    const rewritten = changed((all) => all.with(100, { ...(all[100] as MadeRecord), name: 'Encrypt' }));
    const files = signedAnew(rewritten);
    // The key of the log alone proves nothing about what it signed before.
    expect(await exitOf(files)).toBe(0);
    const kept = (size: number) => [{ name: 'kept', note: signedCheckpoint(entries.slice(0, size), log) }];
    expect(await exitOf(files, { kept: kept(100) })).toBe(0);
    for (const size of [101, 300, COUNT]) expect(await exitOf(files, { kept: kept(size) })).toBe(6);
    const short = signedAnew(entries.slice(0, 500));
    expect(await exitOf(short, { kept: kept(COUNT) })).toBe(6);
    expect(await exitOf(whole, { kept: [{ name: 'kept', note: signedCheckpoint(entries, stranger) }] })).toBe(3);
  });

  it('is signed by the key that is trusted, and cosigned by every witness', async () => {
    expect(await exitOf(whole, { keys: [stranger.key] })).toBe(3);
    expect(await exitOf(whole, { keys: [] })).toBe(3);
    expect(await exitOf(filesOf(entries, signedCheckpoint(entries, log)))).toBe(3);
    const other = newSigner('witness.example.com/w', 'witness');
    expect(await exitOf(filesOf(entries, signedCheckpoint(entries, log, [other])))).toBe(3);
  });

  it('is broken where a signed chain is: numbers, hashes, accounts and events', async () => {
    const twice = changed((all) => all.with(300, { ...(all[300] as MadeRecord), eventId: 'event-7' }));
    expect(await exitOf(signedAnew(twice))).toBe(2);
    const [first, second] = [entriesOf(madeRecords(5)), entriesOf(madeRecords(9))];
    expect(await exitOf(signedAnew([...first.slice(0, 4), ...second.slice(6)]))).toBe(2);
    expect(await exitOf(signedAnew([Buffer.from('no entry')]))).toBe(2);
  });

  it('is stale when nothing in it is young enough', async () => {
    const newest = START + (COUNT - 1) * 1000;
    const youngerThan = (ms: number) => ({ youngerThan: { ms, now: newest + 120_000 } });
    expect(await exitOf(whole, youngerThan(121_000))).toBe(0);
    expect(await exitOf(whole, youngerThan(60_000))).toBe(5);
  });

  it('is proven as a tree for whoever may not read the entries', async () => {
    const hashes = new Map([...whole].filter(([path]) => !path.includes('entries')));
    expect(await exitOf(hashes, { entries: false })).toBe(0);
    expect(await exitOf(hashes)).toBe(4);
  });
});

describe('the writers of a log', () => {
  const report = (input: object, number: number, at: number, boot = 'boot-a') => ({
    ...{ account: '', name: WRITER_REPORT, boot, number, input },
    ...{ time: START + at * 1000, eventId: `report-${boot}-${number}` },
  });
  const started = report({ State: 'Started' }, 1, 0);
  const rest = (from: number, to: number, boot = 'boot-a') =>
    madeRecords(to)
      .slice(from - 1)
      .map((one) => ({ ...one, boot, eventId: `${boot} ${one.eventId}` }));
  const verify = async (records: MadeRecord[]) => {
    const made = entriesOf(records);
    const files = signedAnew(made);
    return verifyServedLog({ read: async (path) => files.get(path), keys: [log.key] });
  };

  it('left no number out', async () => {
    expect(await verify([started, ...rest(2, 40)])).toMatchObject({ ok: true, silent: [] });
    const gone = await verify([started, ...rest(2, 9), ...rest(12, 40)]);
    expect(gone).toMatchObject({ reason: 'writer', missing: [{ boot: 'boot-a', first: 10, last: 11 }] });
  });

  it('may say which numbers never came to be, and who reports nothing is not held to numbers', async () => {
    const said = report({ State: 'Alive', Void: [{ First: 10, Last: 11 }] }, 41, 40);
    expect(await verify([started, ...rest(2, 9), ...rest(12, 40), said])).toMatchObject({ ok: true });
    expect(await verify([...rest(1, 9), ...rest(12, 40)])).toMatchObject({ ok: true, missing: [] });
  });

  it('are missed at their end by who comes after them', async () => {
    const next = report({ State: 'Started', Before: [{ Boot: 'boot-a', Last: 25 }] }, 1, 30, 'boot-b');
    const outcome = await verify([started, ...rest(2, 20), next, ...rest(2, 45, 'boot-b')]);
    expect(outcome).toMatchObject({ reason: 'writer', missing: [{ boot: 'boot-a', first: 21, last: 25 }] });
  });

  it('are told when they were silent, unless they stopped or somebody came after them', async () => {
    const late = Math.ceil(SILENCE_MS / 1000) + 100;
    const other = report({ State: 'Started' }, 1, late, 'boot-b');
    const silent = await verify([started, ...rest(2, 20), other]);
    expect(silent).toMatchObject({ ok: true, silent: [{ boot: 'boot-a', from: START + 19_000 }] });
    const stopped = report({ State: 'Stopped' }, 21, 20);
    expect(await verify([started, ...rest(2, 20), stopped, other])).toMatchObject({ ok: true, silent: [] });
  });
});
