/** Rows of rotation on their way into a commit: MACs are made before the transaction. */
import type { CcmsDeps } from '../../deps.ts';
import {
  type RotationRow,
  type RunRow,
  rotationRowBytes,
  runColumns,
  runOf,
  runRowBytes,
} from '../../domain/rotation/rows.ts';
import { type Clockwork, momentOf, windowAfter } from '../../domain/rotation/rules.ts';
import { cancelled, hasEnded, type RotationRun } from '../../domain/rotation/run.ts';
import type { RotationWindow } from '../../domain/rotation/schedule.ts';
import type { Unsealed } from '../../domain/rows.ts';
import { writeRotation, writeRun } from '../../store/rotation-queries.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import type { Write } from '../write.ts';

export type RotationEdit = Partial<Omit<RotationRow, 'secret_id' | 'account_id' | 'version' | 'row_mac'>>;
type Dates = Pick<RotationRow, 'secret_id' | 'rules' | 'rules_set_at' | 'last_rotated_at' | 'moved_at'>;

function clockworkOf(row: Dates): Clockwork {
  const last = Math.max(row.last_rotated_at ?? 0, row.moved_at ?? 0);
  return {
    secretId: row.secret_id,
    rules: row.rules,
    setAt: row.rules_set_at,
    lastAt: last === 0 ? undefined : last,
  };
}

/** The window that `now` is in or before. */
export function windowOf(row: Dates & { enabled: number }, now: number): RotationWindow | undefined {
  return row.enabled === 1 ? windowAfter(clockworkOf(row), now) : undefined;
}

/** When the schedule acts, for a window. */
export function dueIn(row: Dates, window: RotationWindow): number {
  return momentOf(clockworkOf(row), window);
}

/** As it is after a rotation, a new value or new rules. */
export function rescheduled(row: Unsealed<RotationRow>, now: number): Unsealed<RotationRow> {
  const window = windowOf(row, now);
  return { ...row, due_at: window ? dueIn(row, window) : null, promised_at: window?.endsAt ?? null };
}

export function editedRotation(row: RotationRow, edit: RotationEdit): Unsealed<RotationRow> {
  const { row_mac, ...columns } = row;
  return { ...columns, ...edit, version: row.version + 1 };
}

export async function rotationWrite(deps: CcmsDeps, row: Unsealed<RotationRow>): Promise<Write> {
  const [row_mac] = await deps.guard.seal([rotationRowBytes(row)]);
  return (tx) => writeRotation(tx, { ...row, row_mac: row_mac! });
}

export function editedRun(row: RunRow, run: RotationRun, now: number, more: Partial<RunRow> = {}): Unsealed<RunRow> {
  const { row_mac, ...columns } = row;
  const ended = hasEnded(run) ? { ended_at: now } : {};
  return { ...columns, ...runColumns(run), ...ended, ...more, version: row.version + 1 };
}

export async function sealedRun(deps: CcmsDeps, row: Unsealed<RunRow>): Promise<RunRow> {
  const [row_mac] = await deps.guard.seal([runRowBytes(row)]);
  return { ...row, row_mac: row_mac! };
}

export async function runWrite(deps: CcmsDeps, row: Unsealed<RunRow>): Promise<Write> {
  const sealed = await sealedRun(deps, row);
  return (tx) => writeRun(tx, sealed);
}

/** AWSCURRENT is about to move. */
export async function rotationMoved(deps: CcmsDeps, secret: SecretRecord, now: number): Promise<Write[]> {
  const row = await deps.rotations.of(secret.row.secret_id);
  return row ? [await rotationWrite(deps, rescheduled(editedRotation(row, { moved_at: now }), now))] : [];
}

export interface Suspension {
  writes: Write[];
  /** The run that was given up. */
  run: RunRow | undefined;
}

/** Rotation is turned off, and what is under way is given up as it is; the end of a grace is waited for all the same. */
export async function suspended(deps: CcmsDeps, secret: SecretRecord, now: number): Promise<Suspension> {
  const { secret_id: id } = secret.row;
  const row = await deps.rotations.of(id);
  const writes: Write[] = [];
  if (row?.enabled === 1) writes.push(await rotationWrite(deps, rescheduled(editedRotation(row, { enabled: 0 }), now)));
  for (const run of await deps.rotations.open(id)) {
    const outcome = cancelled(runOf(run));
    if ('refused' in outcome) continue;
    writes.push(await runWrite(deps, editedRun(run, outcome.run, now)));
    return { writes, run };
  }
  return { writes, run: undefined };
}
