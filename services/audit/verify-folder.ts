/**
 * Verifies the streams of every account straight from `audit.db` of a data folder, read-only, beside a running
 * service or without one. For operators and crash tests: it does not ask the service whose work it checks.
 *
 *     npx tsx services/audit/verify-folder.ts <data folder>
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packDecisions, settingId } from '../../platform/contract/decision-form.ts';
import { openReadOnly, type ReadOnlyDatabase } from '../../platform/store/sqlite/read-only.ts';
import { leafHash } from '../../tlog/tree.ts';
import { RootBuilder } from '../../tlog/verify-log.ts';
import { type ChainFault, ChainVerifier, GENESIS_HASH, recordEntry, recordIdentity } from './domain/chain.ts';
import { recordedDecisions } from './domain/recorded-decisions.ts';

export interface AccountReport {
  accountId: string;
  ok: boolean;
  records: number;
  firstBad?: number;
  /**
   * `columns`: the row names another event or account than its text, or tells other decisions; `head`: the head is not
   * the last record; `leaf`: the record is not what stands for it in the Merkle log.
   */
  reason?: ChainFault | 'columns' | 'head' | 'leaf';
}

export interface FolderReport {
  ok: boolean;
  accounts: AccountReport[];
  log: LogReport;
  /** Records that have no number yet. */
  waiting: number;
}

export interface LogReport {
  ok: boolean;
  /** Leaves: one for each record of all accounts. */
  size: number;
  /** `size`: leaves are missing, or too many; `checkpoint`: its root is not that of the leaves before it. */
  reason?: 'size' | 'checkpoint';
}

interface Head {
  account_id: string;
  sequence: number;
  hash: string;
}

interface Row {
  event_id: string;
  account_id: string;
  sequence: number;
  hash: string;
  record: string;
  decisions: string | null;
  /** Null also in a database from before there was a log. */
  leaf: Buffer | null;
}

/** @throws when there is no readable audit database in the folder */
export function verifyFolder(folder: string): FolderReport {
  const db = openReadOnly(join(folder, 'audit.db'));
  try {
    const heads = [...db.rows<Head>('select account_id, sequence, hash from stream_head order by account_id')];
    const known = new Set(heads.map((head) => head.account_id));
    for (const { account_id } of db.rows<{ account_id: string }>('select distinct account_id from record'))
      if (!known.has(account_id)) heads.push({ account_id, sequence: 0, hash: GENESIS_HASH });
    const forms = shortForms(db);
    const hasLog = hasTable(db, 'log_entry');
    const accounts = heads.map((head) => verifyAccount(db, head, forms, hasLog));
    const records = heads.reduce((sum, { sequence }) => sum + sequence, 0);
    const log = hasLog ? verifyLeaves(db, records) : { ok: true, size: 0 };
    const [{ waiting }] = [...db.rows<{ waiting: number }>('select count(*) as waiting from pending')] as [
      { waiting: number },
    ];
    return { ok: log.ok && accounts.every((account) => account.ok), accounts, log, waiting };
  } finally {
    db.close();
  }
}

interface ShortForms {
  /** SQL of the form of a record; null in a database from before there were any. */
  column: string;
  /** Ids of the settings that say what their ids stand for. */
  settings: ReadonlySet<string>;
}

function hasTable(db: ReadOnlyDatabase, name: string): boolean {
  return [...db.rows<{ name: string }>('select name from sqlite_master where name = ?', name)].length > 0;
}

/** Positions follow each other, one for each record, and every checkpoint has the root of the leaves before it. */
function verifyLeaves(db: ReadOnlyDatabase, records: number): LogReport {
  const checkpoints = db.rows<{ size: number; root: Buffer }>('select size, root from checkpoint order by size');
  const signed = [...checkpoints];
  const tree = new RootBuilder();
  const report = (reason?: LogReport['reason']): LogReport => ({
    ok: reason === undefined,
    size: tree.size,
    ...(reason !== undefined && { reason }),
  });
  const leaves = db.rows<{ position: number; leaf: Buffer }>('select position, leaf from log_entry order by position');
  for (const { position, leaf } of leaves) {
    if (position !== tree.size) return report('size');
    tree.add(leaf);
    for (; signed[0]?.size === tree.size; signed.shift())
      if (!tree.root().equals(signed[0].root)) return report('checkpoint');
  }
  if (tree.size !== records) return report('size');
  return signed.length > 0 ? report('checkpoint') : report();
}

function shortForms(db: ReadOnlyDatabase): ShortForms {
  if (!hasTable(db, 'decision_setting')) return { column: 'null as decisions', settings: new Set() };
  const settings = new Set<string>();
  for (const { id, text } of db.rows<{ id: string; text: string }>('select id, text from decision_setting'))
    if (settingId(text) === id) settings.add(id);
  return { column: 'decisions', settings };
}

/** Whether the short form of the decisions is what the record gives. */
function tellsItsDecisions({ record, decisions }: Row, { settings }: ShortForms): boolean {
  if (decisions === null) return true;
  const packed = packDecisions(recordedDecisions(record));
  return packed.text === decisions && [...packed.settings.keys()].every((id) => settings.has(id));
}

function verifyAccount(db: ReadOnlyDatabase, head: Head, forms: ShortForms, hasLog: boolean): AccountReport {
  const accountId = head.account_id;
  const verifier = new ChainVerifier(accountId);
  const report = (reason?: AccountReport['reason']): AccountReport => ({
    accountId,
    ok: reason === undefined,
    records: verifier.head.sequence,
    ...(reason !== undefined && { reason, firstBad: verifier.head.sequence + (reason === 'head' ? 0 : 1) }),
  });
  const columns = `event_id, account_id, sequence, hash, record, ${forms.column}`;
  const leafColumn = '(select leaf from log_entry l where l.account_id = r.account_id and l.sequence = r.sequence)';
  const statement = `select ${columns}, ${hasLog ? leafColumn : 'null'} as leaf from record r where account_id = ? order by sequence`;
  for (const row of db.rows<Row>(statement, accountId)) {
    const identity = recordIdentity(row.record);
    if (identity?.eventId !== row.event_id || identity.accountId !== row.account_id) return report('columns');
    const previousHash = verifier.head.hash;
    const { sequence, record, hash } = row;
    const fault = verifier.check({ sequence, record, previousHash, hash });
    if (fault !== undefined) return report(fault);
    const leaf = leafHash(recordEntry(accountId, sequence, previousHash, record));
    if (hasLog && !row.leaf?.equals(leaf)) return { ...report('leaf'), firstBad: sequence };
    if (!tellsItsDecisions(row, forms)) return { ...report('columns'), firstBad: row.sequence };
  }
  const last = verifier.head;
  return report(last.sequence === head.sequence && last.hash === head.hash ? undefined : 'head');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = verifyFolder(process.argv[2] ?? 'data');
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = report.ok ? 0 : 2;
}
