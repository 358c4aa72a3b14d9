import { type AuthorizationTarget, type Change, change, implementFor } from '../../../platform/runtime/call.ts';
import { DeleteSecret, RestoreSecret } from '../api/lifecycle.ts';
import type { CcmsDeps } from '../deps.ts';
import { DAY_MS, RECOVERY_DAYS } from '../domain/limits.ts';
import type { TombstoneRow } from '../domain/rows.ts';
import { secretArn } from '../domain/secret-ref.ts';
import { destroySecret } from '../store/queries.ts';
import type { SecretRecord } from '../store/secret-record.ts';
import { suspended } from './rotation/rotation-change.ts';
import {
  type AnyCall,
  askAboutSecret,
  type Condition,
  missingSecret,
  namedOutput,
  resolveSecret,
} from './secret-access.ts';
import { changeSecret, conflict, noChange } from './secret-change.ts';

const implement = implementFor<CcmsDeps>();

interface Found {
  record: SecretRecord | undefined;
  /** Of a missing secret: what it would be called. */
  arn: string;
}

export const deleteSecret = implement(DeleteSecret, {
  async resolve(call, input, deps) {
    const conditions: Condition[] = [];
    if (input.RecoveryWindowInDays !== undefined)
      conditions.push(['secretsmanager:RecoveryWindowInDays', String(input.RecoveryWindowInDays)]);
    if (input.ForceDeleteWithoutRecovery !== undefined)
      conditions.push(['secretsmanager:ForceDeleteWithoutRecovery', String(input.ForceDeleteWithoutRecovery)]);
    const { reference, target, record } = await askAboutSecret(call, deps, input.SecretId, { conditions });
    const targets: AuthorizationTarget[] = [target];
    const state: Found = { record, arn: reference.arn };
    if (record || input.ForceDeleteWithoutRecovery) return { targets, state };
    return { targets, state, absent: missingSecret(call) };
  },

  async run(
    call,
    input,
    { record, arn }: Found,
    deps,
  ): Promise<Change<{ ARN: string; Name: string; DeletionDate: number }>> {
    const { RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: force } = input;
    if (days !== undefined && force)
      throw call.fail(
        'InvalidParameter',
        'ForceDeleteWithoutRecovery leaves no RecoveryWindowInDays: give one of them',
      );
    if (days !== undefined && (days < RECOVERY_DAYS.least || days > RECOVERY_DAYS.most)) {
      throw call.fail(
        'InvalidParameter',
        `The RecoveryWindowInDays value must be between ${RECOVERY_DAYS.least} and ${RECOVERY_DAYS.most} days (inclusive).`,
      );
    }
    // Deleting by force is about what is not there afterwards.
    if (!record) return noChange(neverThere(input.SecretId, arn, call.now));
    const output = { ...namedOutput(record), DeletionDate: call.now };
    if (force) {
      const buried = tombstone(record, call.now, call.caller.arn);
      return change(async (tx) => {
        if (!(await destroySecret(tx, record.row, buried))) throw conflict(call, record);
        await deps.feed.announce(tx, { arn: record.arn, accountId: record.row.account_id }, 'destroyed');
        return output;
      });
    }
    if (record.row.deletion_date !== null) {
      throw call.fail(
        'InvalidRequest',
        "You can't perform this operation on the secret because it was already scheduled for deletion.",
        { hint: 'ForceDeleteWithoutRecovery destroys it at once' },
      );
    }
    const DeletionDate = call.now + (days ?? RECOVERY_DAYS.default) * DAY_MS;
    const edit = { deletion_date: DeletionDate, deleted_at: call.now };
    // Rotation does not come back by itself when the secret is restored.
    const { writes } = await suspended(deps, record, call.now);
    return changeSecret(call, deps, record, { edit, also: writes, output: { ...output, DeletionDate } });
  },
});

/** AWS answers an ARN that nothing has. */
function neverThere(text: string, arn: string, now: number) {
  const Name = text.startsWith('arn:') ? text.split(':').slice(6).join(':') : text;
  return { ARN: text.startsWith('arn:') ? text : arn.replace(/-\?{6}$/, '-AAAAAA'), Name, DeletionDate: now };
}

/** Keeps the ARN from being used again. */
export function tombstone(record: SecretRecord, now: number, by: string): TombstoneRow {
  const { row, place } = record;
  const arn = secretArn(place, row.name, row.suffix);
  return { arn, account_id: row.account_id, destroyed_at: now, destroyed_by: by };
}

export const restoreSecret = implement(RestoreSecret, {
  resolve: (call: AnyCall, input, deps) => resolveSecret(call, deps, input.SecretId),
  async run(call, _input, secret, deps) {
    if (secret.row.deletion_date === null) return noChange(namedOutput(secret));
    const edit = { deletion_date: null, deleted_at: null };
    return changeSecret(call, deps, secret, { edit, output: namedOutput(secret) });
  },
});
