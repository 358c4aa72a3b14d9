import { implementFor } from '../../../platform/runtime/call.ts';
import { CancelKeyDeletion, DEFAULT_PENDING_WINDOW_DAYS, ScheduleKeyDeletion } from '../api/lifecycle.ts';
import type { KmsDeps } from '../deps.ts';
import { DAY_MS, STATE_AFTER } from '../domain/key-state.ts';
import { resolveOwnKey } from './key-access.ts';
import { changeKey } from './key-change.ts';

const implement = implementFor<KmsDeps>();

export const scheduleKeyDeletion = implement(ScheduleKeyDeletion, {
  resolve(call, input, deps) {
    const days = input.PendingWindowInDays ?? DEFAULT_PENDING_WINDOW_DAYS;
    const conditions = [['kms:ScheduleKeyDeletionPendingWindowInDays', String(days)]] as const;
    return resolveOwnKey(call, deps, input.KeyId, { conditions });
  },
  run(call, input, record, deps) {
    const days = input.PendingWindowInDays ?? DEFAULT_PENDING_WINDOW_DAYS;
    const deletionDate = call.now + days * DAY_MS;
    const state = STATE_AFTER.ScheduleKeyDeletion;
    const edit = { state, deletion_date: deletionDate, pending_window_days: days };
    return changeKey(call, deps, 'ScheduleKeyDeletion', record, edit, {
      KeyId: record.arn,
      DeletionDate: deletionDate,
      KeyState: state,
      PendingWindowInDays: days,
    });
  },
});

export const cancelKeyDeletion = implement(CancelKeyDeletion, {
  resolve: (call, input, deps) => resolveOwnKey(call, deps, input.KeyId),
  run(call, _input, record, deps) {
    const edit = { state: STATE_AFTER.CancelKeyDeletion, deletion_date: null, pending_window_days: null };
    return changeKey(call, deps, 'CancelKeyDeletion', record, edit, { KeyId: record.arn });
  },
});
