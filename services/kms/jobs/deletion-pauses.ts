/**
 * Stops the waiting times of keys while their account is not active, and moves their ends by the time they stood still
 * when it is active again. Guarantees that no key is destroyed early: a pause begins at the last look that found the
 * account active, and until its end is written for every key of the account none of them is destroyed. All keys of an
 * account and the end of the pause are one commit.
 */
import { ServiceError } from '../../../platform/contract/error.ts';
import { PostponeKeyDeletion } from '../api/lifecycle.ts';
import type { KmsDeps } from '../deps.ts';
import { LAST_LOOK, type PauseRow, pauseRowBytes, postponed } from '../domain/deletion-pause.ts';
import { type KeyRow, keyRowBytes } from '../domain/rows.ts';
import { edited } from '../ops/key-change.ts';
import { announce } from '../store/change-follower.ts';
import {
  accountsWithWaitingKeys,
  deletePause,
  hasPause,
  listPauses,
  waitingKeysOf,
  writePause,
} from '../store/deletion-pauses.ts';
import type { KeyRecord } from '../store/key-record.ts';
import { replaceKey } from '../store/queries.ts';
import { jobRecord } from './job-record.ts';

/** Whether waiting times of the account run: it is active, and nothing has yet to be added for a pause. */
export async function timersRun(deps: KmsDeps, accountId: string): Promise<boolean> {
  const organization = await deps.organization.snapshot();
  return organization.timersRun(accountId) && !(await hasPause(deps.store.read, accountId));
}

/** One look at every account with keys that wait. */
export async function keepPauses(deps: KmsDeps): Promise<void> {
  const waiting = await accountsWithWaitingKeys(deps.store.read);
  const rows = await listPauses(deps.store.read);
  const pauses = new Map(rows.filter((row) => row.account_id !== LAST_LOOK).map((row) => [row.account_id, row]));
  if (waiting.length === 0 && pauses.size === 0) return;
  const organization = await deps.organization.snapshot();
  const now = deps.clock.now();
  const lastLook = await genuine(
    deps,
    rows.find((row) => row.account_id === LAST_LOOK),
  );
  for (const accountId of new Set([...waiting, ...pauses.keys()])) {
    const pause = pauses.get(accountId);
    const runs = organization.timersRun(accountId);
    if (runs === (pause === undefined)) continue;
    await reported(deps, accountId, () =>
      pause ? endPause(deps, pause, now) : write(deps, { account_id: accountId, since: lastLook?.since ?? now }, false),
    );
  }
  await write(deps, { account_id: LAST_LOOK, since: now }, true);
}

/** What is wrong with one account must not touch the others; its keys stay. */
async function reported(deps: KmsDeps, accountId: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    deps.log.error({ accountId, err: error.message }, 'waiting times of the account cannot be changed');
  }
}

function verify(deps: KmsDeps, row: PauseRow): Promise<void> {
  return deps.guard.verify([
    { name: `deletion pause of ${row.account_id}`, data: pauseRowBytes(row), mac: row.row_mac },
  ]);
}

/** A time that somebody wrote into the database counts as none. */
async function genuine(deps: KmsDeps, row: PauseRow | undefined): Promise<PauseRow | undefined> {
  if (!row) return undefined;
  try {
    await verify(deps, row);
    return row;
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'Internal') return undefined;
    throw error;
  }
}

async function write(deps: KmsDeps, row: Omit<PauseRow, 'row_mac'>, replace: boolean): Promise<void> {
  const [row_mac] = await deps.guard.seal([pauseRowBytes(row)]);
  await deps.store.transaction((tx) => writePause(tx, { ...row, row_mac: row_mac! }, replace));
}

async function endPause(deps: KmsDeps, pause: PauseRow, now: number): Promise<void> {
  await verify(deps, pause);
  const keys: { record: KeyRecord; row: Omit<KeyRow, 'row_mac'> }[] = [];
  for (const keyId of await waitingKeysOf(deps.store.read, pause.account_id)) {
    const record = await readable(deps, keyId);
    const deletion_date = record && postponed(record.row, { since: pause.since, until: now });
    if (record?.row.state === 'PendingDeletion' && deletion_date !== undefined)
      keys.push({ record, row: edited(record, { deletion_date }) });
  }
  const macs = await deps.guard.seal(keys.map(({ row }) => keyRowBytes(row)));
  await deps.store.transaction(async (tx) => {
    const free = await deletePause(tx, pause);
    for (const [index, { record, row }] of keys.entries()) {
      if (!free || !(await replaceKey(tx, { ...row, row_mac: macs[index]! }))) throw overtaken(pause.account_id);
      const input = { KeyId: record.arn, DeletionDate: row.deletion_date };
      await deps.recorder.appendIn(tx, jobRecord(deps, PostponeKeyDeletion, record, input));
    }
    await announce(deps.store, tx, pause.account_id, { keys: keys.map(({ row }) => row.key_id) });
  });
  for (const { row } of keys) deps.keys.forgetKey(row.key_id, row.version);
}

/** A key that does not verify is never destroyed either, so it needs no later date. */
async function readable(deps: KmsDeps, keyId: string): Promise<KeyRecord | undefined> {
  try {
    return await deps.keys.fresh(keyId);
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'Internal') return undefined;
    throw error;
  }
}

function overtaken(accountId: string): ServiceError {
  return new ServiceError('Conflict', `keys of ${accountId} were changed at the same time: the next turn tries again`);
}
