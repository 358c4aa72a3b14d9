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
import { type ChainFault, ChainVerifier, GENESIS_HASH, recordIdentity } from './domain/chain.ts';
import { recordedDecisions } from './domain/recorded-decisions.ts';

export interface AccountReport {
  accountId: string;
  ok: boolean;
  records: number;
  firstBad?: number;
  /**
   * `columns`: the row names another event or account than its text, or tells other decisions; `head`: the head is not
   * the last record.
   */
  reason?: ChainFault | 'columns' | 'head';
}

export interface FolderReport {
  ok: boolean;
  accounts: AccountReport[];
  /** Records that have no number yet. */
  waiting: number;
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
    const accounts = heads.map((head) => verifyAccount(db, head, forms));
    const [{ waiting }] = [...db.rows<{ waiting: number }>('select count(*) as waiting from pending')] as [
      { waiting: number },
    ];
    return { ok: accounts.every((account) => account.ok), accounts, waiting };
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

function shortForms(db: ReadOnlyDatabase): ShortForms {
  const [found] = db.rows<{ name: string }>("select name from sqlite_master where name = 'decision_setting'");
  if (!found) return { column: 'null as decisions', settings: new Set() };
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

function verifyAccount(db: ReadOnlyDatabase, head: Head, forms: ShortForms): AccountReport {
  const accountId = head.account_id;
  const verifier = new ChainVerifier(accountId);
  const report = (reason?: AccountReport['reason']): AccountReport => ({
    accountId,
    ok: reason === undefined,
    records: verifier.head.sequence,
    ...(reason !== undefined && { reason, firstBad: verifier.head.sequence + (reason === 'head' ? 0 : 1) }),
  });
  const columns = `event_id, account_id, sequence, hash, record, ${forms.column}`;
  const statement = `select ${columns} from record where account_id = ? order by sequence`;
  for (const row of db.rows<Row>(statement, accountId)) {
    const identity = recordIdentity(row.record);
    if (identity?.eventId !== row.event_id || identity.accountId !== row.account_id) return report('columns');
    const fault = verifier.check({
      sequence: row.sequence,
      record: row.record,
      previousHash: verifier.head.hash,
      hash: row.hash,
    });
    if (fault !== undefined) return report(fault);
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
