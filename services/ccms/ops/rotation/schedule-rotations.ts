/** What the schedule does when a secret is due: begins a rotation, goes on with one that failed, or waits. */
import { serviceCaller } from '../../../../platform/client/transport.ts';
import type { RotationEvent } from '../../api/rotation-events.ts';
import type { CcmsDeps } from '../../deps.ts';
import { type RotationRow, type RunRow, runOf } from '../../domain/rotation/rows.ts';
import { operatorAct } from '../../domain/rotation/run.ts';
import type { RotationWindow } from '../../domain/rotation/schedule.ts';
import type { Unsealed } from '../../domain/rows.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import { preparedChange } from '../secret-change.ts';
import type { Write } from '../write.ts';
import { appendEvent } from './journal.ts';
import { dueIn, editedRotation, editedRun, rotationWrite, runWrite, windowOf } from './rotation-change.ts';
import { gateOf, isPendingTaken, startedRun } from './start-run.ts';

/** What cannot begin yet is looked at again after this time, while its window is open. */
const AGAIN_MS = 300_000;

/** Whether something was written. */
export async function scheduleRotation(deps: CcmsDeps, secretId: string): Promise<boolean> {
  const now = deps.clock.now();
  const row = await deps.rotations.of(secretId);
  if (row?.due_at === null || row?.due_at === undefined || row.due_at > now) return false;
  const secret = await deps.secrets.byId(secretId);
  if (!secret || secret.row.deletion_date !== null) return false;
  if (!(await deps.organization.snapshot()).timersRun(row.account_id)) return false;
  const window = windowOf(row, now);
  // The window passed while nobody looked: the next one counts.
  if (!window || now < window.startsAt) return later(deps, row, window ? dueIn(row, window) : null);
  const open = await deps.rotations.open(secretId);
  const gate = await gateOf(deps, secret, row, open, now);
  if (!gate.allowed && gate.why === 'unfinished') return goOn(deps, secret, row, open, window, now);
  if (!gate.allowed) return later(deps, row, gate.notBefore);
  if (isPendingTaken(secret)) return later(deps, row, now + AGAIN_MS);
  return begin(deps, secret, row, open, window, now);
}

async function later(deps: CcmsDeps, row: RotationRow, dueAt: number | null): Promise<boolean> {
  const write = await rotationWrite(deps, editedRotation(row, { due_at: dueAt }));
  return deps.store.transaction((tx) => write(tx));
}

/** The moment in the window after this one, for when this rotation does not succeed. */
function nextDue(row: RotationRow, window: RotationWindow): number | null {
  const next = windowOf(row, window.endsAt);
  return next ? dueIn(row, next) : null;
}

async function begin(
  deps: CcmsDeps,
  secret: SecretRecord,
  row: RotationRow,
  open: readonly RunRow[],
  window: RotationWindow,
  now: number,
): Promise<boolean> {
  const wanted = {
    token: deps.ids.uuidv4(),
    startedBy: serviceCaller('ccms').arn,
    reason: undefined,
    windowEndsAt: window.endsAt,
  };
  const started = await startedRun(deps, secret, row, open, wanted, now);
  if (!started) return later(deps, row, now + AGAIN_MS);
  const rotation = await rotationWrite(deps, editedRotation(row, { due_at: nextDue(row, window) }));
  const { written } = started;
  const also = [...(written.also ?? []), rotation];
  const { write, after } = await preparedChange(deps, secret, { ...written, also }, now);
  return commit(deps, secret, started.run, write, 'started', after);
}

/** Never a second pending value: the same token goes on in this window. */
async function goOn(
  deps: CcmsDeps,
  secret: SecretRecord,
  row: RotationRow,
  open: readonly RunRow[],
  window: RotationWindow,
  now: number,
): Promise<boolean> {
  const failed = open.find(({ state }) => state === 'FAILED');
  if (!failed) return later(deps, row, now + AGAIN_MS);
  const verified = { pending: false, current: false };
  const outcome = operatorAct(runOf(failed), 'resume', { now, windowEndsAt: window.endsAt, verified });
  if ('refused' in outcome) return later(deps, row, nextDue(row, window));
  const next = editedRun(failed, outcome.run, now);
  const run = await runWrite(deps, next);
  // One that only closes the old credential is in the way of the rotation that is due: that one begins after it.
  const dueAt = failed.step === 'retire' ? now + AGAIN_MS : nextDue(row, window);
  const rotation = await rotationWrite(deps, editedRotation(row, { due_at: dueAt }));
  return commit(deps, secret, next, async (tx) => (await run(tx)) && rotation(tx), 'resumed');
}

class Overtaken extends Error {}

async function commit(
  deps: CcmsDeps,
  secret: SecretRecord,
  run: Unsealed<RunRow>,
  write: Write,
  event: RotationEvent,
  after?: () => void,
): Promise<boolean> {
  try {
    await deps.store.transaction(async (tx) => {
      // Somebody was faster: the next look finds what is left to do.
      if (!(await write(tx))) throw new Overtaken();
      await appendEvent(deps, tx, secret, run, { event });
    });
  } catch (error) {
    if (error instanceof Overtaken) return false;
    throw error;
  }
  after?.();
  return true;
}
