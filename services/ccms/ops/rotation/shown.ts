/** What descriptions tell of the rotation of a secret. */
import type { RotationRow, RunRow } from '../../domain/rotation/rows.ts';
import { runOf } from '../../domain/rotation/rows.ts';
import type { RotationRules } from '../../domain/rotation/rules.ts';
import { hasEnded, waysOut } from '../../domain/rotation/run.ts';
import { readStrategy } from '../../domain/rotation/strategy.ts';
import { windowOf } from './rotation-change.ts';

/** The members of AWS; nothing for a secret that was never to rotate. */
export function rotationShown(row: RotationRow | undefined, now: number) {
  if (!row) return {};
  const strategy = readStrategy(row.strategy);
  return {
    RotationEnabled: row.enabled === 1,
    ...(strategy.kind === 'function' && { RotationLambdaARN: strategy.arn }),
    ...timesShown(row, now),
  };
}

export function timesShown(row: RotationRow | undefined, now: number) {
  if (!row) return {};
  const next = windowOf(row, now);
  return {
    ...rulesShown(row),
    ...(row.last_rotated_at !== null && { LastRotatedDate: row.last_rotated_at }),
    ...(next && { NextRotationDate: next.endsAt }),
  };
}

function rulesShown(row: RotationRow) {
  if (row.rules === '') return {};
  const rules = JSON.parse(row.rules) as RotationRules;
  return { RotationRules: rules };
}

export function runShown(row: RunRow) {
  const run = runOf(row);
  const isOver = hasEnded(run);
  return {
    RunId: row.run_id,
    VersionId: row.token,
    State: row.state,
    ...(row.step !== null && { Step: row.step }),
    Attempts: row.attempt,
    ...(row.failure !== null && { Failure: row.failure }),
    WaysOut: [...waysOut(run)],
    ...(!isOver && row.state !== 'FAILED' && { NextAttemptDate: row.next_attempt_at }),
    WindowEndDate: row.window_ends_at,
    StartedBy: row.started_by,
    ...(row.reason !== null && { Reason: row.reason }),
    StartedDate: row.started_at,
    ...(row.finished_at !== null && { FinishedDate: row.finished_at }),
    ...(row.ended_at !== null && { EndedDate: row.ended_at }),
  };
}
