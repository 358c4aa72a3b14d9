import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { areas } from '../../sdk/areas.ts';
import { verifierText } from '../../tlog/note.ts';
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
const witness = newSigner('witness.example.com', 'witness');
const KEY = verifierText(log.key);
const entries = entriesOf(madeRecords(300));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parapet-log-'));
  const files = filesOf(entries, signedCheckpoint(entries, log, [witness]));
  for (const [path, bytes] of files) writeLogFile(folder, path, bytes);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function verify(...words: string[]) {
  const terminal = testTerminal({ now: () => START + 1_000_000 });
  const code = await run(['audit', 'verify', '--from', folder, ...words], terminal, areas);
  return { code, stdout: terminal.stdout() };
}

describe('parapet audit verify --from', () => {
  it('proves a folder and says what it proved', async () => {
    const { code, stdout } = await verify('--log-key', KEY, '--witness-key', verifierText(witness.key));
    expect(code).toBe(0);
    expect(stdout).toBe(
      `ok: log ${ORIGIN} of 300 records, cosigned by witness.example.com\n300 entries of 2 accounts, every one continues the one before it\n`,
    );
  });

  it('has the exit codes of the specification', async () => {
    const kept = join(folder, 'kept');
    writeFileSync(kept, signedCheckpoint(entriesOf(madeRecords(310)), log));
    expect((await verify()).code).toBe(1);
    expect((await verify('--log-key', 'no key')).code).toBe(1);
    expect((await verify('--log-key', verifierText(newSigner(ORIGIN, 'log').key))).code).toBe(3);
    expect((await verify('--log-key', KEY, '--max-age', '5')).code).toBe(5);
    expect((await verify('--log-key', KEY, '--kept', kept)).code).toBe(6);
    const bundle = join(folder, 'tile/entries/000');
    const bytes = readFileSync(bundle);
    bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
    writeFileSync(bundle, bytes);
    const changed = await verify('--log-key', KEY, '--output', 'json');
    expect(changed.code).toBe(2);
    expect(JSON.parse(changed.stdout)).toMatchObject({ ok: false, reason: 'entry', exitCode: 2 });
    rmSync(bundle);
    expect(await verify('--log-key', KEY)).toMatchObject({
      code: 4,
      stdout: 'BROKEN at tile/entries/000: a file is missing, or shorter than the checkpoint says\n',
    });
  });
});
