/**
 * Verifies the streams of every account straight from `audit.db` of a data folder, read-only, beside a running
 * service or without one. For operators and crash tests: it does not ask the service whose work it checks.
 *
 *     npx tsx services/audit/verify-folder.ts <data folder>
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import Database from 'better-sqlite3';
import { type ChainFault, ChainVerifier, recordIdentity } from './domain/chain.ts';

export interface AccountReport {
  accountId: string;
  ok: boolean;
  records: number;
  firstBad?: number;
  /** `columns`: the row names another event or account than its text; `head`: the head is not the last record. */
  reason?: ChainFault | 'columns' | 'head';
}

export interface FolderReport {
  ok: boolean;
  accounts: AccountReport[];
  /** Records that have no number yet. */
  waiting: number;
}

interface Row {
  event_id: string;
  account_id: string;
  sequence: number;
  hash: string;
  record: string;
}

/** @throws when there is no readable audit database in the folder */
export function verifyFolder(folder: string): FolderReport {
  const db = new Database(join(folder, 'audit.db'), { readonly: true, fileMustExist: true });
  try {
    // One unchanging view, also while the service writes.
    db.exec('begin');
    const heads = db.prepare<[], { account_id: string; sequence: number; hash: string }>('select * from stream_head').all();
    const known = new Set(heads.map((head) => head.account_id));
    const orphans = db
      .prepare<[], { account_id: string }>('select distinct account_id from record')
      .all()
      .filter((row) => !known.has(row.account_id));
    const accounts = [...heads, ...orphans.map((row) => ({ ...row, sequence: 0, hash: '' }))].map((head) =>
      verifyAccount(db, head),
    );
    const { waiting } = db.prepare<[], { waiting: number }>('select count(*) as waiting from pending').get() ?? { waiting: 0 };
    return { ok: accounts.every((account) => account.ok), accounts, waiting };
  } finally {
    db.close();
  }
}

function verifyAccount(
  db: Database.Database,
  head: { account_id: string; sequence: number; hash: string },
): AccountReport {
  const accountId = head.account_id;
  const verifier = new ChainVerifier(accountId);
  const report = (reason?: AccountReport['reason']): AccountReport => ({
    accountId,
    ok: reason === undefined,
    records: verifier.head.sequence,
    ...(reason !== undefined && { reason, firstBad: verifier.head.sequence + (reason === 'head' ? 0 : 1) }),
  });
  const rows = db.prepare<[string], Row>('select * from record where account_id = ? order by sequence');
  for (const row of rows.iterate(accountId)) {
    const identity = recordIdentity(row.record);
    if (identity?.eventId !== row.event_id || identity.accountId !== row.account_id) return report('columns');
    const fault = verifier.check({
      sequence: row.sequence,
      record: row.record,
      previousHash: verifier.head.hash,
      hash: row.hash,
    });
    if (fault !== undefined) return report(fault);
  }
  const last = verifier.head;
  return report(last.sequence === head.sequence && last.hash === head.hash ? undefined : 'head');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = verifyFolder(process.argv[2] ?? 'data');
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = report.ok ? 0 : 2;
}
