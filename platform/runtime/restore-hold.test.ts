import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../store/index.ts';
import { type HoldAnswer, RestoreHold } from './restore-hold.ts';
import { RESTORED, readMark } from './restored-mark.ts';

const clock = { now: () => 1_700_000_000_000 };
const log = { warn: () => undefined, error: () => undefined };
const MARK = { restoreId: 'r', backupId: 'b', heldAt: 1, restoredAt: 2 };

let folder: string;
let store: Store<never>;
let answer: HoldAnswer | Error;
let holds: RestoreHold[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-hold-'));
  store = await openStore<never>({ service: 'kms', folder, clock, migrations: [] });
  answer = { Held: false };
  holds = [];
});
afterEach(async () => {
  for (const hold of holds) await hold.stop();
  await store.close();
  rmSync(folder, { recursive: true });
});

function makeHold(): RestoreHold {
  const ask = async () => {
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const hold = new RestoreHold({ dataFolder: folder, ask, clock, log });
  holds.push(hold);
  return hold;
}

async function started(work = async (): Promise<void> => undefined): Promise<RestoreHold> {
  const hold = makeHold();
  hold.follow({ store, work });
  await hold.start();
  return hold;
}

describe('a node', () => {
  it('writes when nothing was restored, also while the audit service is away', async () => {
    expect((await started()).reason).toBeUndefined();
    answer = new Error('away');
    expect((await started()).reason).toBeUndefined();
  });

  it('does not write while the folder has the mark of a restore and nobody says that it was declared', async () => {
    writeFileSync(join(folder, RESTORED), JSON.stringify(MARK));
    expect(makeHold().reason).toMatch(/was restored/);
    answer = new Error('away');
    expect((await started()).reason).toMatch(/was restored/);
    answer = { Held: false, RestoreId: 'r' };
    expect((await started()).reason).toBeUndefined();
  });

  it('refuses to begin with a mark that says nothing', () => {
    writeFileSync(join(folder, RESTORED), '{}');
    expect(() => makeHold()).toThrow();
    expect(() => readMark(folder)).toThrow(RESTORED);
  });

  it('does not write while the audit service says so', async () => {
    answer = { Held: true, HeldBecause: 'put back' };
    expect((await started()).reason).toBe('put back');
  });

  it('does once what follows a restore, whatever is started how often', async () => {
    answer = { Held: false, RestoreId: 'r' };
    let done = 0;
    const work = async () => {
      done++;
    };
    await started(work);
    await started(work);
    expect(done).toBe(1);
    answer = { Held: false, RestoreId: 'another' };
    await started(work);
    expect(done).toBe(2);
  });

  it('does not write until that is done', async () => {
    answer = { Held: false, RestoreId: 'r' };
    let fails = true;
    const work = async () => {
      if (fails) throw new Error('not now');
    };
    expect((await started(work)).reason).toMatch(/not done yet/);
    fails = false;
    expect((await started(work)).reason).toBeUndefined();
  });
});
