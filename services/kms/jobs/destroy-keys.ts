/**
 * Destroys keys whose waiting time is over: key material and aliases go, a tombstone stays, so that the id is never
 * used again. Acts only on a row that verifies and says so itself: a deletion date that somebody wrote into the
 * database destroys nothing. The record of the destruction is in the same commit.
 */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { nothingDeletedBefore } from '../../../platform/store/index.ts';
import { DeleteKey } from '../api/lifecycle.ts';
import type { KmsDeps } from '../deps.ts';
import { NO_ROTATION } from '../domain/rotation.ts';
import { type KeyRow, keyRowBytes, policyHash } from '../domain/rows.ts';
import { announce } from '../store/change-follower.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { type DueKey, deleteParts, listDue, replaceKey } from '../store/queries.ts';
import { keepPauses, timersRun } from './deletion-pauses.ts';
import { jobRecord } from './job-record.ts';

const BATCH = 100;

export const destroyKeys: Job<KmsDeps> = {
  name: 'kms-destroy-keys',
  everyMs: 60_000,
  async run(deps) {
    await keepPauses(deps);
    const now = deps.clock.now();
    // Since a restore nobody knows what was taken back.
    if (now < (await nothingDeletedBefore(deps.store.read))) return;
    // Walks past what cannot be destroyed: rows that somebody damaged must not keep the others alive.
    for (let after: DueKey | undefined; ; ) {
      const due = await listDue(deps.store.read, 'deletion_date', now, after, BATCH);
      for (const { key_id } of due) await destroyOrReport(deps, key_id);
      after = due.at(-1);
      if (due.length < BATCH) return;
    }
  },
};

async function destroyOrReport(deps: KmsDeps, keyId: string): Promise<void> {
  try {
    await destroyKey(deps, keyId);
  } catch (error) {
    // A row that does not verify stays, for the investigation.
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ keyId, err: error.message }, 'key is not destroyed');
  }
}

/** False when the key is not due: the row was not what the index said, changed meanwhile, or its time stands still. */
export async function destroyKey(deps: KmsDeps, keyId: string): Promise<boolean> {
  const now = deps.clock.now();
  const record = await deps.keys.fresh(keyId);
  if (record?.row.state !== 'PendingDeletion') return false;
  const deletionDate = record.row.deletion_date;
  if (deletionDate === null || deletionDate > now || !(await timersRun(deps, record.accountId))) return false;
  const row = tombstone(record);
  const [row_mac] = await deps.guard.seal([keyRowBytes(row)]);
  const destroyed = await deps.store.transaction(async (tx) => {
    if (!(await replaceKey(tx, { ...row, row_mac: row_mac! }))) return false;
    await deleteParts(tx, row);
    const input = { KeyId: record.arn, DeletionDate: deletionDate };
    await deps.recorder.appendIn(tx, jobRecord(deps, DeleteKey, record, input));
    await announce(deps.store, tx, record.accountId, { keys: [keyId] });
    return true;
  });
  deps.keys.forgetKey(keyId, destroyed ? row.version : undefined);
  for (const alias of record.aliases) deps.keys.forgetAlias(record.accountId, alias);
  if (destroyed) deps.log.warn({ keyId, accountId: record.accountId }, 'key destroyed: its waiting time is over');
  return destroyed;
}

/** Nothing of the key but that it was there. */
function tombstone(record: KeyRecord): Omit<KeyRow, 'row_mac'> {
  const { row_mac, ...row } = record.row;
  return {
    ...row,
    state: 'Deleted',
    description: '',
    material_id: '',
    aliases: '[]',
    tags: '[]',
    policy: '',
    policy_principals: '[]',
    policy_hash: policyHash('', '[]'),
    ...NO_ROTATION,
    version: row.version + 1,
  };
}
