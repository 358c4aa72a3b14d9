import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { areas } from '../../sdk/areas.ts';
import { verifierText } from '../../tlog/note.ts';
import { HOUR, type MadeArchive, madeArchive } from '../../tlog/testing/archive.ts';
import {
  entriesOf,
  filesOf,
  madeRecords,
  newSigner,
  ORIGIN,
  START,
  signedCheckpoint,
} from '../../tlog/testing/served.ts';
import { run } from '../run.ts';
import { testTerminal } from '../testing/terminal.ts';
import { writeLogFile } from './log-files.ts';

const log = newSigner(ORIGIN, 'log');
const KEY = verifierText(log.key);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('parapet audit digest', () => {
  let archive: MadeArchive;
  const write = (path: string, bytes: Buffer) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  beforeEach(() => {
    archive = madeArchive([2, 0, 1], log);
    for (const [path, bytes] of archive.files) write(path, gzipSync(bytes));
    for (const [path, signature] of archive.signatures)
      write(`${path}.metadata.json`, Buffer.from(JSON.stringify({ signature })));
  });

  async function digest(...words: string[]) {
    const terminal = testTerminal({ now: () => START + 4 * HOUR });
    const code = await run(['audit', 'digest', '--folder', folder, ...words], terminal, areas);
    return { code, stdout: terminal.stdout() };
  }

  it('proves a folder and says what it proved', async () => {
    expect(await digest('--log-key', KEY)).toEqual({
      code: 0,
      stdout:
        'ok: every file is as it was written, and no digest is left out\nAWSLogs/111122223333/111122223333_CloudTrail-Digest_local-1_trail_local-1: 3 digests from 2026-01-02T00:00:00Z to 2026-01-02T03:00:00Z, 3 files\n',
    });
  });

  it('has the exit codes of the specification', async () => {
    expect((await digest()).code).toBe(1);
    expect((await digest('--log-key', KEY, '--max-age', 'soon')).code).toBe(1);
    expect((await digest('--log-key', KEY, '--max-age', '3600')).code).toBe(0);
    expect((await digest('--log-key', KEY, '--max-age', '3599')).code).toBe(5);
    expect((await digest('--log-key', verifierText(newSigner(ORIGIN, 'log').key))).code).toBe(3);
    const [first] = [...archive.files.keys()];
    write(first!, Buffer.from('damaged'));
    expect(await digest('--log-key', KEY)).toMatchObject({
      code: 2,
      stdout: expect.stringContaining(`BROKEN at ${first}: the file is not what was written`),
    });
    rmSync(join(folder, first!));
    expect((await digest('--log-key', KEY)).code).toBe(4);
  });
});

describe('parapet audit watch', () => {
  const entries = entriesOf(madeRecords(400));
  const serve = (size: number, from = entries) => {
    const some = from.slice(0, size);
    for (const [path, bytes] of filesOf(some, signedCheckpoint(some, log))) writeLogFile(folder, path, bytes);
  };
  async function watch(now: number, ...words: string[]) {
    const terminal = testTerminal({ now: () => now });
    const state = join(folder, 'state');
    const all = ['audit', 'watch', '--from', folder, '--log-key', KEY, '--state', state, ...words];
    return { code: await run(all, terminal, areas), stdout: terminal.stdout() };
  }
  const written = (size: number) => START + (size - 1) * 1000;

  it('goes on from what an earlier watch saw', async () => {
    serve(300);
    expect(await watch(written(300), '--once')).toEqual({
      code: 0,
      stdout: `ok: log ${ORIGIN} of 300 records, heard ${new Date(written(300)).toISOString()}\n`,
    });
    serve(350);
    expect((await watch(written(350), '--once')).code).toBe(0);
    const others = entriesOf(madeRecords(400).map((one) => ({ ...one, name: 'Encrypt' })));
    serve(400, others);
    expect(await watch(written(400), '--once')).toMatchObject({
      code: 6,
      stdout:
        'ALARM at checkpoint: the log does not continue what was seen or cosigned before: there are two histories\n',
    });
    serve(300);
    expect((await watch(written(300), '--once')).code).toBe(6);
  });

  it('looks until there is an alarm: silence', async () => {
    serve(300);
    let now = written(300);
    const pause = async (ms: number) => {
      now += ms;
    };
    const terminal = testTerminal({ now: () => now, pause });
    const words = ['audit', 'watch', '--from', folder, '--log-key', KEY, '--output', 'json'];
    expect(await run(words, terminal, areas)).toBe(5);
    const lines = terminal
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(6);
    expect(lines.at(0)).toMatchObject({ ok: true, size: 300 });
    expect(lines.at(-1)).toMatchObject({ ok: false, reason: 'stale', exitCode: 5 });
  });
});
