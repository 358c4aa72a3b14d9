/**
 * Destroys secrets whose recovery window has passed: all versions go, the ARN stays taken. Acts only on a row that
 * verifies and says so itself, and only while the account is active. The record is in the same commit.
 */
import { serviceCaller } from '../../../platform/client/transport.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { nothingDeletedBefore } from '../../../platform/store/index.ts';
import { PurgeSecret } from '../api/lifecycle.ts';
import type { CcmsDeps } from '../deps.ts';
import { tombstone } from '../ops/delete-secret.ts';
import { TYPE } from '../ops/secret-access.ts';
import { type DueSecret, destroySecret, listDue } from '../store/queries.ts';

const BATCH = 100;

export const purgeSecrets: Job<CcmsDeps> = {
  name: 'ccms-purge-secrets',
  everyMs: 60_000,
  async run(deps) {
    const now = deps.clock.now();
    // Since a restore nobody knows what was taken back.
    if (now < (await nothingDeletedBefore(deps.store.read))) return;
    // Walks past what cannot be destroyed: rows that somebody damaged must not keep the others alive.
    for (let after: DueSecret | undefined; ; ) {
      const due = await listDue(deps.store.read, now, after, BATCH);
      for (const { secret_id } of due) await purgeOrReport(deps, secret_id);
      after = due.at(-1);
      if (due.length < BATCH) return;
    }
  },
};

async function purgeOrReport(deps: CcmsDeps, secretId: string): Promise<void> {
  try {
    await purgeSecret(deps, secretId);
  } catch (error) {
    // A row that does not verify stays, for the investigation.
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ secretId, err: error.message }, 'secret is not destroyed');
  }
}

/** False when the secret is not due: the row was not what the index said, changed meanwhile, or its time stands still. */
export async function purgeSecret(deps: CcmsDeps, secretId: string): Promise<boolean> {
  const now = deps.clock.now();
  const record = await deps.secrets.byId(secretId);
  const deletionDate = record?.row.deletion_date;
  if (!record || deletionDate === null || deletionDate === undefined || deletionDate > now) return false;
  const { account_id: accountId } = record.row;
  if (!(await deps.organization.snapshot()).timersRun(accountId)) return false;
  const caller = { ...serviceCaller('ccms'), accountId };
  const destroyed = await deps.store.transaction(async (tx) => {
    if (!(await destroySecret(tx, record.row, tombstone(record, now, caller.arn)))) return false;
    await deps.recorder.appendIn(tx, {
      eventId: deps.ids.uuidv7(),
      operation: PurgeSecret,
      caller,
      origin: {
        requestId: deps.ids.uuidv7(),
        sourceIp: '127.0.0.1',
        userAgent: 'parapet/ccms',
        receivedAt: now,
        protocol: 'internal',
      },
      now,
      input: { SecretId: record.arn, DeletionDate: deletionDate },
      resources: [{ ARN: record.arn, accountId, type: TYPE }],
    });
    await deps.feed.announce(tx, { arn: record.arn, accountId }, 'destroyed');
    return true;
  });
  if (destroyed) deps.log.warn({ arn: record.arn }, 'secret destroyed: its recovery window has passed');
  return destroyed;
}
