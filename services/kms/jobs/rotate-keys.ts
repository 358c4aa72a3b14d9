/**
 * Rotates keys whose time has come. Guarantees that a key which cannot be used, or whose account is not active, is left
 * alone until it can be again, when it is overdue; that every rotation starts from the last version of a row that
 * verifies, so that of two nodes one rotates; that new material, the key row that names it and the record are one commit.
 */
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import type { KmsDeps } from '../deps.ts';
import { isRotationDue } from '../domain/rotation.ts';
import { keyRowBytes } from '../domain/rows.ts';
import { edited } from '../ops/key-change.ts';
import { rotate } from '../ops/rotation.ts';
import { announce } from '../store/change-follower.ts';
import { type DueKey, listDue, replaceKey } from '../store/queries.ts';

const BATCH = 100;

export const rotateKeys: Job<KmsDeps> = {
  name: 'kms-rotate-keys',
  everyMs: 60_000,
  async run(deps) {
    const now = deps.clock.now();
    // Walks past what cannot be rotated now: keys of accounts that are not active must not keep the others waiting.
    for (let after: DueKey | undefined; ; ) {
      const due = await listDue(deps.store.read, 'next_rotation_at', now, after, BATCH);
      for (const { key_id } of due) await rotateOrReport(deps, key_id);
      after = due.at(-1);
      if (due.length < BATCH) return;
    }
  },
};

async function rotateOrReport(deps: KmsDeps, keyId: string): Promise<void> {
  try {
    await rotateKey(deps, keyId);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ keyId, err: error.message }, 'key is not rotated');
  }
}

/** False when the key is not due, or changed meanwhile: the next turn looks again. */
export async function rotateKey(deps: KmsDeps, keyId: string): Promise<boolean> {
  const now = deps.clock.now();
  const record = await deps.keys.fresh(keyId);
  if (!record || !isRotationDue(record.row, now)) return false;
  const organization = await deps.organization.snapshot();
  if (!organization.timersRun(record.accountId)) return false;
  const rotation = await rotate(deps, record, 'AUTOMATIC', now);
  const row = edited(record, rotation.edit);
  const [row_mac] = await deps.guard.seal([keyRowBytes(row)]);
  const rotated = await deps.store.transaction(async (tx) => {
    if (!(await replaceKey(tx, { ...row, row_mac: row_mac! }))) return false;
    await rotation.write(tx);
    await announce(deps.store, tx, record.accountId, { keys: [keyId] });
    return true;
  });
  deps.keys.forgetKey(keyId, rotated ? row.version : undefined);
  return rotated;
}
