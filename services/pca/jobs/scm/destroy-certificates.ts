/**
 * Destroys certificates from elsewhere whose time to be restored is over: all versions, their names and their private keys.
 * Acts only on a row that verifies and says so itself, and only while the account is active. The record is in the same
 * commit.
 */
import { ServiceError } from '../../../../platform/contract/error.ts';
import type { Job } from '../../../../platform/runtime/service.ts';
import { nothingDeletedBefore } from '../../../../platform/store/index.ts';
import { DestroyCertificate } from '../../api/scm/uploads.ts';
import type { PcaDeps } from '../../deps.ts';
import { keyName, namesOf } from '../../ops/scm/keep.ts';
import { keptById } from '../../ops/scm/kept-access.ts';
import { deleteKeyVersions } from '../../store/keys/key-queries.ts';
import { deleteKept, deleteKeptNames, listKeptDue } from '../../store/scm/kept-queries.ts';
import { recordOf } from './record.ts';

const BATCH = 100;

export const destroyCertificates: Job<PcaDeps> = {
  name: 'pca-destroy-certificates',
  everyMs: 60_000,
  async run(deps) {
    const now = deps.clock.now();
    // Since a restore nobody knows what was taken back.
    if (now < (await nothingDeletedBefore(deps.store.read))) return;
    // Walks past what cannot be destroyed: rows that somebody damaged must not keep the others alive.
    for (let after = ''; ; ) {
      const due = await listKeptDue(deps.store.read, now, after, BATCH);
      for (const { certificate_id } of due) await destroyOrReport(deps, certificate_id);
      after = due.at(-1)?.certificate_id ?? '';
      if (due.length < BATCH) return;
    }
  },
};

async function destroyOrReport(deps: PcaDeps, certificateId: string): Promise<void> {
  try {
    await destroyCertificate(deps, certificateId);
  } catch (error) {
    // A row that does not verify stays, for the investigation.
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ certificateId, err: error.message }, 'certificate is not destroyed');
  }
}

/** False when it is not due: the row was not what the index said, changed meanwhile, or its time stands still. */
export async function destroyCertificate(deps: PcaDeps, certificateId: string): Promise<boolean> {
  const now = deps.clock.now();
  const record = await keptById(deps, certificateId);
  const until = record?.row.restorable_until;
  if (!record || until === null || until === undefined || until > now) return false;
  const { row, arn } = record;
  if (!(await deps.organization.snapshot()).timersRun(row.account_id)) return false;
  const destroyed = await deps.store.transaction(async (tx) => {
    if (!(await deleteKept(tx, row))) return false;
    await deleteKeptNames(tx, row, namesOf(row.name, row.certificate));
    await deleteKeyVersions(tx, keyName(row, row.certificate_version));
    const about = { accountId: row.account_id, arn, now };
    const input = { CertificateArn: arn, RestorableUntil: until };
    await deps.recorder.appendIn(tx, recordOf(deps, DestroyCertificate, about, input));
    return true;
  });
  if (destroyed) deps.log.warn({ arn }, 'certificate destroyed: its time to be restored is over');
  return destroyed;
}
