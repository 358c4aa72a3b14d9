import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ACCOUNT, OTHER_ACCOUNT, startAudit, tamper } from './testing/harness.ts';
import { sample } from './testing/records.ts';
import { verifyFolder } from './verify-folder.ts';

describe('verification of a data folder', () => {
  let folder: string;
  const fill = async () => {
    const audit = await startAudit({ folder });
    const Records = Array.from({ length: 30 }, (_, i) =>
      sample({ wseq: i + 1, accountId: i % 3 === 0 ? OTHER_ACCOUNT : ACCOUNT }),
    );
    await audit.internal.IngestRecords({ Records });
    await audit.deps.checkpointer.sign();
    return audit;
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parapet-verify-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('accepts what the service wrote, also while it runs', async () => {
    const audit = await fill();
    const expected = {
      ok: true,
      waiting: 0,
      log: { ok: true, size: 30 },
      accounts: [
        { accountId: ACCOUNT, ok: true, records: 20 },
        { accountId: OTHER_ACCOUNT, ok: true, records: 10 },
      ],
    };
    expect(verifyFolder(folder)).toEqual(expected);
    await audit.close();
    expect(verifyFolder(folder)).toEqual(expected);
  });

  it('asks no short form of records from before there were any', async () => {
    await (await fill()).close();
    expect(await tamper(folder, 'update record set decisions = null')).toBe(30);
    expect(verifyFolder(folder)).toMatchObject({ ok: true });
  });

  it('counts records that wait for their number', async () => {
    const audit = await fill();
    await audit.deps.sequencer.stop();
    await audit.internal.IngestRecords({ Records: [sample({ wseq: 31 })] });
    await audit.close();
    expect(verifyFolder(folder)).toMatchObject({ ok: true, waiting: 1 });
  });

  const where = `where account_id = '${ACCOUNT}' and sequence`;
  const attacks: [string, string, object][] = [
    [
      'a changed text',
      `update record set record = replace(record, 'alias/billing', 'alias/billinh') ${where} = 5`,
      { firstBad: 5, reason: 'hash' },
    ],
    [
      'a changed hash',
      `update record set hash = substr(hash, 2) || substr(hash, 1, 1) ${where} = 20`,
      { firstBad: 20, reason: 'hash' },
    ],
    ['a removed record', `delete from record ${where} = 7`, { firstBad: 7, reason: 'sequence' }],
    ['a removed tail', `delete from record ${where} > 15`, { firstBad: 15, reason: 'head' }],
    [
      'a whole stream that was removed',
      `delete from record where account_id = '${ACCOUNT}'`,
      { firstBad: 0, reason: 'head' },
    ],
    ['a forgotten stream head', `delete from stream_head where account_id = '${ACCOUNT}'`, { reason: 'head' }],
    [
      'a row under another event id',
      `update record set event_id = 'x' ${where} = 3`,
      { firstBad: 3, reason: 'columns' },
    ],
    [
      'a row moved to another account',
      `update record set account_id = '${ACCOUNT}', sequence = 21 where account_id = '${OTHER_ACCOUNT}' and sequence = 10`,
      { firstBad: 21, reason: 'columns' },
    ],
    [
      'a short form that tells another decision',
      `update record set decisions = replace(decisions, 'kms:Decrypt', 'kms:Encrypt') ${where} = 4`,
      { firstBad: 4, reason: 'columns' },
    ],
    [
      'a short form that was emptied',
      `update record set decisions = '' ${where} = 6`,
      { firstBad: 6, reason: 'columns' },
    ],
    [
      'a setting that names other policies',
      `update decision_setting set text = replace(text, 'developers', 'nobody') where text like '%${ACCOUNT}%'`,
      { firstBad: 1, reason: 'columns' },
    ],
  ];
  it.each(attacks)('finds %s', async (_title, statement, expected) => {
    await (await fill()).close();
    expect(await tamper(folder, statement)).toBeGreaterThan(0);
    const report = verifyFolder(folder);
    expect(report.ok).toBe(false);
    expect(report.accounts.find((account) => account.accountId === ACCOUNT)).toMatchObject({ ok: false, ...expected });
  });

  it.each([
    ['a removed leaf', 'delete from log_entry where position = 29', 'size'],
    ['a leaf too many', "insert into log_entry values (30, 'x', 1, zeroblob(32))", 'size'],
    ['leaves that changed places', 'update log_entry set position = 30 where position = 4', 'size'],
    ['a checkpoint of another log', 'update checkpoint set root = zeroblob(32)', 'checkpoint'],
    ['a checkpoint of a longer log', 'update checkpoint set size = 31', 'checkpoint'],
  ])('finds in the log %s', async (_title, statement, reason) => {
    await (await fill()).close();
    expect(await tamper(folder, statement)).toBeGreaterThan(0);
    expect(verifyFolder(folder)).toMatchObject({ ok: false, log: { ok: false, reason } });
  });

  it('finds a leaf that does not stand for its record', async () => {
    await (await fill()).close();
    await tamper(folder, `update log_entry set leaf = zeroblob(32) ${where} = 8`);
    const [account] = verifyFolder(folder).accounts;
    expect(account).toMatchObject({ ok: false, firstBad: 8, reason: 'leaf' });
  });

  it('refuses a folder without an audit database', () => {
    expect(() => verifyFolder(folder)).toThrow();
  });
});
