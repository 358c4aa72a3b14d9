/** A log in files, judged by the code of the Go checksum database, where Go is installed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeLogFile } from '../../cli/commands/log-files.ts';
import { verifierText } from '../../tlog/note.ts';
import { entriesOf, filesOf, madeRecords, newSigner, ORIGIN, signedCheckpoint } from '../../tlog/testing/served.ts';

const go = ['go', '/usr/local/go/bin/go'].find((path) => spawnSync(path, ['version']).status === 0);

describe.skipIf(go === undefined)('another implementation', () => {
  const log = newSigner(ORIGIN, 'log');
  const entries = entriesOf(madeRecords(1_500));
  let folder: string;
  let judge: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parapet-judge-'));
    judge = join(folder, 'judge');
    const cwd = join(import.meta.dirname, 'judge');
    execFileSync(go as string, ['build', '-o', judge, '.'], { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
    const checkpoint = signedCheckpoint(entries, log, [newSigner('witness.example.com', 'witness')]);
    for (const [path, bytes] of filesOf(entries, checkpoint)) writeLogFile(folder, path, bytes);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const judged = () => spawnSync(judge, [folder, verifierText(log.key)], { encoding: 'utf8' });

  it('finds the log whole', () => {
    expect(judged().stdout).toBe(`ok ${ORIGIN} 1500 entries 1500 other signatures 1\n`);
  });

  it('notices a byte of an entry that was changed', () => {
    const path = join(folder, 'tile/entries/003');
    const bytes = readFileSync(path);
    bytes.writeUInt8(bytes.readUInt8(200) ^ 1, 200);
    writeFileSync(path, bytes);
    expect(judged()).toMatchObject({ status: 1 });
  });
});
