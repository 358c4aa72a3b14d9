/**
 * The beginning of a rotation: a version without a value that holds AWSPENDING (functions written for AWS fail without
 * it, spec ccms 3.6.1), and the journal entry, in the commit of the request or of the schedule.
 */

import type { CcmsDeps } from '../../deps.ts';
import { toDestroy } from '../../domain/deprecated.ts';
import { DAY_MS } from '../../domain/limits.ts';
import { minOverlapMs, type RotationGate, rotationGate } from '../../domain/rotation/overlap.ts';
import { type RotationRow, type RunRow, runColumns, runOf } from '../../domain/rotation/rows.ts';
import { hurried, prepared } from '../../domain/rotation/run.ts';
import { laneOf, readStrategy } from '../../domain/rotation/strategy.ts';
import type { Unsealed, VersionRow } from '../../domain/rows.ts';
import { CURRENT, PENDING, PREVIOUS, stagesColumn } from '../../domain/stages.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import { DEFAULT_KEY_NAME } from '../data-keys.ts';
import type { Written } from '../secret-change.ts';
import type { Write } from '../write.ts';
import { editedRun, runWrite } from './rotation-change.ts';

/** How long a rotation that was asked for may take, with all repetitions. */
export const REQUESTED_WINDOW_MS = DAY_MS;

/** What consumers of a secret may keep a value for, as its grants say. */
export async function overlapOf(deps: CcmsDeps, secret: SecretRecord, now: number): Promise<number> {
  const grants = await deps.grants.of(secret, 'everybody');
  const inForce = grants.filter(({ row }) => row.expires_at === null || row.expires_at > now);
  return minOverlapMs(inForce.map(({ row }) => (row.max_cache_seconds ?? 0) * 1000));
}

/** Whether a rotation may begin now. @param open runs that have not ended */
export async function gateOf(
  deps: CcmsDeps,
  secret: SecretRecord,
  rotation: Pick<RotationRow, 'moved_at'>,
  open: readonly RunRow[],
  now: number,
  force = false,
): Promise<RotationGate> {
  const graces = open.filter((run) => run.step === 'retire');
  return rotationGate(
    {
      now,
      // The first value of a secret took no other's place.
      lastFinishedAt: secret.stages.has(PREVIOUS) ? (rotation.moved_at ?? undefined) : undefined,
      // A credential that could not be closed is in the way: its user or place is needed.
      unfinished: open.some((run) => run.step !== 'retire' || run.state === 'FAILED'),
      graceOpen: graces.length > 0,
      overlapMs: await overlapOf(deps, secret, now),
    },
    force,
  );
}

/** Whether AWSPENDING is on a version that is neither current nor of a run: what that is, only a person can say. */
export function isPendingTaken({ stages }: SecretRecord): boolean {
  const holder = stages.get(PENDING);
  return holder !== undefined && holder !== stages.get(CURRENT);
}

export interface NewRun {
  token: string;
  startedBy: string;
  reason: string | undefined;
  windowEndsAt: number;
}

export interface StartedRun {
  run: Unsealed<RunRow>;
  written: Written;
}

/** Undefined: too many versions are younger than a day. */
export async function startedRun(
  deps: CcmsDeps,
  secret: SecretRecord,
  rotation: Unsealed<RotationRow>,
  open: readonly RunRow[],
  wanted: NewRun,
  now: number,
): Promise<StartedRun | undefined> {
  const stages = new Map(secret.stages).set(PENDING, wanted.token);
  const remove = toDestroy(await deps.secrets.versions(secret), stages, now);
  if (!remove) return undefined;
  const strategy = readStrategy(rotation.strategy);
  const run: Unsealed<RunRow> = {
    run_id: deps.ids.uuidv7(),
    secret_id: secret.row.secret_id,
    account_id: secret.row.account_id,
    token: wanted.token,
    strategy: rotation.strategy,
    lane: laneOf(strategy),
    started_by: wanted.startedBy,
    reason: wanted.reason ?? null,
    outgoing: null,
    ...runColumns(prepared(now, wanted.windowEndsAt)),
    started_at: now,
    finished_at: null,
    ended_at: null,
    version: 1,
  };
  const also: Write[] = [await runWrite(deps, run)];
  for (const grace of open) {
    const outcome = hurried(runOf(grace), now);
    if ('run' in outcome) also.push(await runWrite(deps, editedRun(grace, outcome.run, now)));
  }
  const add = placeholder(secret, wanted, now);
  const edit = { stages: stagesColumn(stages), last_ordinal: add.ordinal, changed_at: now };
  return { run, written: { edit, add, remove, also } };
}

function placeholder({ row }: SecretRecord, { token, startedBy }: NewRun, now: number): Unsealed<VersionRow> {
  return {
    secret_id: row.secret_id,
    version_id: token,
    account_id: row.account_id,
    ordinal: row.last_ordinal + 1,
    created_at: now,
    created_by: startedBy,
    key_arn: null,
    key_name: row.kms_key_id ?? DEFAULT_KEY_NAME,
    kind: null,
    fingerprint: null,
    expires_at: null,
    sealed: null,
    version: 1,
  };
}
