/** When a key gets new material (spec kms 3.8), and what its row says about it. */
import { DAY_MS } from './key-state.ts';
import { MAX_ON_DEMAND_ROTATIONS } from './limits.ts';
import type { KeyRow } from './rows.ts';

/** Within this time before an automatic rotation none is done on demand. */
const CLOSE_MS = 20 * 60_000;

type Schedule = Pick<KeyRow, 'rotation_period_days' | 'next_rotation_at'>;

export const NO_ROTATION: Schedule = { rotation_period_days: null, next_rotation_at: null };

/** The schedule after rotation was turned on; asking again for the period that it has changes nothing. */
export function scheduled(row: Schedule, periodDays: number, now: number): Schedule {
  if (row.next_rotation_at !== null && row.rotation_period_days === periodDays) {
    return { rotation_period_days: periodDays, next_rotation_at: row.next_rotation_at };
  }
  return { rotation_period_days: periodDays, next_rotation_at: now + periodDays * DAY_MS };
}

/** Whether the key is to be rotated now. Keys that cannot be used wait, and are overdue when they can be again. */
export function isRotationDue(row: Schedule & Pick<KeyRow, 'state'>, now: number): boolean {
  return row.state === 'Enabled' && row.next_rotation_at !== null && row.next_rotation_at <= now;
}

/** The schedule after an automatic rotation. */
export function rotatedAt(row: Schedule, now: number): Schedule {
  const { rotation_period_days } = row;
  if (rotation_period_days === null) return NO_ROTATION;
  return { rotation_period_days, next_rotation_at: now + rotation_period_days * DAY_MS };
}

/** What GetKeyRotationStatus shows: while a key waits for its deletion it does not rotate. */
export function isRotationOn(row: Schedule & Pick<KeyRow, 'state'>): boolean {
  return row.next_rotation_at !== null && row.state !== 'PendingDeletion';
}

export interface RotationProblem {
  code: 'UnsupportedOperation' | 'LimitExceeded' | 'RotationDue';
  message: string;
}

/** Why a key of this kind has no rotation; AWS says nothing about keys that are not symmetric. */
export function rotationUnsupported(
  row: Pick<KeyRow, 'spec' | 'origin'>,
  arn: string,
): (RotationProblem & { code: 'UnsupportedOperation' }) | undefined {
  if (row.spec !== 'SYMMETRIC_DEFAULT') return { code: 'UnsupportedOperation', message: '' };
  if (row.origin === 'AWS_KMS') return undefined;
  return {
    code: 'UnsupportedOperation',
    message: `${arn} origin is ${row.origin} which is not valid for this operation.`,
  };
}

/** Why a key is not rotated on demand now. */
export function onDemandProblem(
  row: Schedule,
  onDemandRotations: number,
  arn: string,
  now: number,
): RotationProblem | undefined {
  if (onDemandRotations >= MAX_ON_DEMAND_ROTATIONS) {
    const limit = 'The on-demand rotations limit has been reached for the given keyId.';
    const message = `${limit} No more on-demand rotations can be performed for this key: ${arn}`;
    return { code: 'LimitExceeded', message };
  }
  if (row.next_rotation_at !== null && row.next_rotation_at - now <= CLOSE_MS) {
    return { code: 'RotationDue', message: `${arn} is rotated automatically within the next 20 minutes` };
  }
  return undefined;
}
