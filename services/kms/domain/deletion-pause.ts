/** Waiting times of keys stand still while their account is not active (spec org 3.5). */
import { canonicalRow } from '../../../platform/contract/canonical-row.ts';
import { DAY_MS } from './key-state.ts';
import type { KeyRow, Unsealed } from './rows.ts';

export interface PauseRow {
  /** `LAST_LOOK`: not a pause, but when accounts were last looked at. */
  account_id: string;
  since: number;
  row_mac: Buffer;
}

export const LAST_LOOK = 'last-look';

export function pauseRowBytes(row: Unsealed<PauseRow>): Buffer {
  return canonicalRow('deletion-pause', [row.account_id, row.since]);
}

/** The end of the waiting time, later by what of it fell into the pause. */
export function postponed(
  key: Pick<KeyRow, 'deletion_date' | 'pending_window_days'>,
  pause: { since: number; until: number },
): number | undefined {
  if (key.deletion_date === null || key.pending_window_days === null) return undefined;
  const began = key.deletion_date - key.pending_window_days * DAY_MS;
  return key.deletion_date + Math.max(0, pause.until - Math.max(pause.since, began));
}
