/**
 * Destroys authorities whose time to be restored is over: the key goes, and with it the keys that were kept of its
 * certificates, which nobody can ask for any more; a tombstone stays, so that the id is never used
 * again. Acts only on a row that verifies and says so itself, and only while the account is active. The record is in the
 * same commit.
 */
import { serviceCaller } from '../../../platform/client/transport.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { nothingDeletedBefore } from '../../../platform/store/index.ts';
import { DestroyCertificateAuthority } from '../api/authorities.ts';
import type { PcaDeps } from '../deps.ts';
import { TYPE } from '../ops/authority-access.ts';
import { editedAuthority, sealedAuthority } from '../ops/authority-change.ts';
import { type DueAuthority, listDue, replaceAuthority } from '../store/authority-queries.ts';
import { deleteKeysOf } from '../store/keys/key-queries.ts';

const BATCH = 100;

export const destroyAuthorities: Job<PcaDeps> = {
  name: 'pca-destroy-authorities',
  everyMs: 60_000,
  async run(deps) {
    const now = deps.clock.now();
    // Since a restore nobody knows what was taken back.
    if (now < (await nothingDeletedBefore(deps.store.read))) return;
    // Walks past what cannot be destroyed: rows that somebody damaged must not keep the others alive.
    for (let after: DueAuthority | undefined; ; ) {
      const due = await listDue(deps.store.read, now, after, BATCH);
      for (const { authority_id } of due) await destroyOrReport(deps, authority_id);
      after = due.at(-1);
      if (due.length < BATCH) return;
    }
  },
};

async function destroyOrReport(deps: PcaDeps, authorityId: string): Promise<void> {
  try {
    await destroyAuthority(deps, authorityId);
  } catch (error) {
    // A row that does not verify stays, for the investigation.
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ authorityId, err: error.message }, 'certificate authority is not destroyed');
  }
}

const NOTHING = Buffer.alloc(0);

/** False when it is not due: the row was not what the index said, changed meanwhile, or its time stands still. */
export async function destroyAuthority(deps: PcaDeps, authorityId: string): Promise<boolean> {
  const now = deps.clock.now();
  const record = await deps.authorities.byId(authorityId);
  const until = record?.row.restorable_until;
  if (record?.row.state !== 'DELETED' || until === null || until === undefined || until > now) return false;
  const { account_id: accountId } = record.row;
  if (!(await deps.organization.snapshot()).timersRun(accountId)) return false;
  const edit = { state: 'DESTROYED' as const, state_changed_at: now, restorable_until: null, tags: '[]' };
  const row = await sealedAuthority(deps, editedAuthority(record.row, { ...edit, wrapped: NOTHING, key_mac: NOTHING }));
  const caller = { ...serviceCaller('pca'), accountId };
  const destroyed = await deps.store.transaction(async (tx) => {
    if (!(await replaceAuthority(tx, row))) return false;
    await deleteKeysOf(tx, record.arn);
    await deps.recorder.appendIn(tx, {
      eventId: deps.ids.uuidv7(),
      operation: DestroyCertificateAuthority,
      caller,
      origin: {
        requestId: deps.ids.uuidv7(),
        sourceIp: '127.0.0.1',
        userAgent: 'parapet/pca',
        receivedAt: now,
        protocol: 'internal',
      },
      now,
      input: { CertificateAuthorityArn: record.arn, RestorableUntil: until },
      resources: [{ ARN: record.arn, accountId, type: TYPE }],
    });
    return true;
  });
  if (destroyed) deps.log.warn({ arn: record.arn }, 'certificate authority destroyed: its time to be restored is over');
  return destroyed;
}
