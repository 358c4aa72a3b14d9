import { describe, expect, it } from 'vitest';
import {
  entriesOf,
  type Files,
  filesOf,
  madeRecords,
  newSigner,
  ORIGIN,
  START,
  signedCheckpoint,
} from '../testing/served.ts';
import { LogWatch, type WatchOptions } from './watch.ts';

const log = newSigner(ORIGIN, 'log');
const stranger = newSigner(ORIGIN, 'log');
const witness = newSigner('witness.example.com/w', 'witness');
const entries = entriesOf(madeRecords(600));
const others = entriesOf(madeRecords(600).map((one) => ({ ...one, name: 'Encrypt' })));

/** As a log of that size serves itself. */
function at(size: number, from = entries, cosigned = size): Files {
  const note = signedCheckpoint(from.slice(0, size), log);
  const files = filesOf(from.slice(0, size), note);
  for (const [path, bytes] of filesOf(from.slice(0, cosigned), '')) files.set(path, bytes);
  return files
    .set('cosigned', Buffer.from(signedCheckpoint(from.slice(0, cosigned), log, [witness])))
    .set('checkpoint', Buffer.from(note));
}

function watchOf(options: Partial<WatchOptions> = {}) {
  let files = at(300);
  const watch = new LogWatch({
    read: async (path) => files.get(path),
    ...{ keys: [log.key], witnesses: [], cosignedPath: 'cosigned', maxAgeMs: 120_000, ...options },
  });
  return {
    look: (served: Files, now: number) => {
      files = served;
      return watch.look(now);
    },
    unanswered: (now: number) => watch.unanswered(now),
  };
}

/** When the last of so many records was written. */
const written = (size: number) => START + (size - 1) * 1000;

describe('a log that is watched', () => {
  it('grows, also over many tiles, and says when it was heard', async () => {
    const watch = watchOf();
    expect(await watch.look(at(300), written(300) + 60_000)).toMatchObject({
      checkpoint: { size: 300 },
      heardAt: written(300),
    });
    for (const [step, size] of [301, 511, 512, 513, 600].entries()) {
      const now = written(300) + 70_000 + step;
      expect(await watch.look(at(size), now)).toEqual(
        expect.objectContaining({ checkpoint: expect.objectContaining({ size }), heardAt: now }),
      );
    }
  });

  it('has two histories when it shrinks, is rewritten, or is named otherwise', async () => {
    const kept = signedCheckpoint(entries.slice(0, 300), log);
    const now = written(300);
    expect(await watchOf({ kept }).look(at(299), now)).toMatchObject({ reason: 'split' });
    expect(await watchOf({ kept }).look(at(300, others), now)).toMatchObject({ reason: 'split' });
    expect(await watchOf({ kept }).look(at(400, others), now)).toMatchObject({ reason: 'split' });
    expect(await watchOf({ kept }).look(at(400), written(400))).not.toHaveProperty('reason');
    const watch = watchOf();
    await watch.look(at(300), now);
    expect(await watch.look(at(400, others), now)).toMatchObject({ reason: 'split', checkpoint: { size: 300 } });
  });

  it('serves the tiles of what it signed', async () => {
    const kept = signedCheckpoint(entries.slice(0, 300), log);
    const served = at(400);
    served.set('tile/0/001.p/144', at(400, others).get('tile/0/001.p/144')!);
    expect(await watchOf({ kept }).look(served, START)).toMatchObject({ reason: 'tile' });
    served.delete('tile/0/001.p/144');
    expect(await watchOf({ kept }).look(served, START)).toMatchObject({ reason: 'missing' });
  });

  it('is signed, and cosigned by every witness, who knows the same log', async () => {
    const now = written(300);
    expect(await watchOf({ keys: [stranger.key] }).look(at(300), now)).toMatchObject({ reason: 'signature' });
    const witnesses = [witness.key];
    expect(await watchOf({ witnesses }).look(at(300, entries, 200), now)).not.toHaveProperty('reason');
    const unknown = newSigner('other.example.com', 'witness').key;
    expect(await watchOf({ witnesses: [unknown] }).look(at(300), now)).toMatchObject({ reason: 'witness' });
    const mixed = at(300).set('cosigned', at(200, others).get('cosigned')!);
    expect(await watchOf({ witnesses }).look(mixed, now)).toMatchObject({ reason: 'split', where: 'cosigned' });
    expect(await watchOf().look(new Map(), now)).toMatchObject({ reason: 'missing' });
  });

  it('falls silent: by its newest record at first, then by what is heard', async () => {
    const now = written(300) + 121_000;
    expect(await watchOf().look(at(300), now)).toMatchObject({ reason: 'stale' });
    const watch = watchOf();
    expect(await watch.look(at(300), now - 1_000)).not.toHaveProperty('reason');
    expect(await watch.look(at(300), now)).toMatchObject({ reason: 'stale' });
    expect(await watch.look(at(301), now + 500_000)).not.toHaveProperty('reason');
    expect(await watch.look(at(301), now + 620_000)).not.toHaveProperty('reason');
    expect(watch.unanswered(now + 620_000)).not.toHaveProperty('reason');
    expect(watch.unanswered(now + 620_001)).toMatchObject({ reason: 'stale' });
  });

  it('is believed to be heard when it grows, where entries may not be read', async () => {
    const withoutEntries = (size: number) => new Map([...at(size)].filter(([path]) => !path.includes('entries')));
    const watch = watchOf();
    const now = written(300) + 900_000;
    expect(await watch.look(withoutEntries(300), now)).toMatchObject({ heardAt: now });
    expect(await watch.look(withoutEntries(301), now + 100_000)).toMatchObject({ heardAt: now + 100_000 });
    expect(await watch.look(withoutEntries(301), now + 220_001)).toMatchObject({ reason: 'stale' });
  });
});
