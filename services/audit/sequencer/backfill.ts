/** Brings records into the Merkle log that were numbered before there was one: stream by stream, a batch a commit. */
import type { Transaction } from 'kysely';
import type { Store } from '../../../platform/store/index.ts';
import { leafHash } from '../../../tlog/tree.ts';
import { recordEntry } from '../domain/chain.ts';
import { appendLeaves, logSize, unloggedStreams } from '../store/log.ts';
import { countRecords, readStream } from '../store/records.ts';
import type { AuditDatabase } from '../store/schema.ts';

const BATCH = 512;
const MAX_CHARACTERS = 16 * 1024 * 1024;

/** `commit` runs what it is given under the fence and answers false when the lease was lost: then this ends. */
export async function backfillLog(
  store: Store<AuditDatabase>,
  commit: (write: (tx: Transaction<AuditDatabase>) => Promise<void>) => Promise<boolean>,
): Promise<boolean> {
  if ((await logSize(store.read)) === (await countRecords(store.read))) return true;
  for (const { account_id, logged, sequence } of await unloggedStreams(store.read)) {
    for (let from = logged + 1; from <= sequence; ) {
      const to = Math.min(sequence, from + BATCH - 1);
      const records = await readStream(store.read, account_id, { from, to }, MAX_CHARACTERS);
      const leaves = records.map((one) => ({
        account_id,
        sequence: one.sequence,
        leaf: leafHash(recordEntry(account_id, one.sequence, one.previousHash, one.record)),
      }));
      if (leaves.length === 0) break;
      if (!(await commit((tx) => appendLeaves(tx, store.engine, leaves)))) return false;
      from += leaves.length;
    }
  }
  return true;
}
