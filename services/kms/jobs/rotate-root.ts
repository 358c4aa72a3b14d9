/**
 * Does what was asked of the versions of the root keys, as often as it takes: every step may be repeated, a token that is
 * away is waited for. Before root keys are destroyed everything is looked at once more, after a time in which no node can
 * hold anything of before. What is done and its record are one commit.
 */
import { HsmError } from '../../../hsm/port.ts';
import { ServiceError } from '../../../platform/contract/error.ts';
import type { Job } from '../../../platform/runtime/service.ts';
import { CompleteRootRotation } from '../api/root-rotation.ts';
import type { KmsDeps } from '../deps.ts';
import { RETIRE_AFTER_MS, type RootVersionRow, rootVersionRowBytes, whyNotRetire } from '../domain/root-rotation.ts';
import { rootFacts } from '../ops/root-facts.ts';
import { readRootVersions, writeRootVersion } from '../store/root-versions.ts';
import { installationRecord } from './job-record.ts';

export const rotateRoot: Job<KmsDeps> = {
  name: 'kms-rotate-root',
  everyMs: 5_000,
  async run(deps) {
    for (const row of await readRootVersions(deps.store.read, deps.guard)) {
      if (row.state !== 'adding' && row.state !== 'retiring') continue;
      try {
        await (row.state === 'adding' ? add(deps, row) : retire(deps, row));
      } catch (error) {
        if (!(error instanceof HsmError || error instanceof ServiceError)) throw error;
        deps.log.warn({ version: row.version, state: row.state, err: error.message }, 'root keys wait');
      }
    }
  },
};

async function add(deps: KmsDeps, row: RootVersionRow): Promise<void> {
  try {
    await deps.hsm.addRootVersion(row.version);
  } catch (error) {
    const overtaken = error instanceof HsmError && error.code === 'invalid' && (await isOvertaken(deps, row.version));
    if (!overtaken) throw error;
  }
  await complete(deps, row, 'added');
}

/** A token that was rotated elsewhere may have a newer version than the one that was asked for. */
async function isOvertaken({ hsm }: KmsDeps, version: number): Promise<boolean> {
  const status = await hsm.status();
  const tokens = status.tokens ?? [status];
  return tokens.every(({ state, rootVersion }) => state === 'ready' && rootVersion >= version);
}

async function retire(deps: KmsDeps, row: RootVersionRow): Promise<void> {
  if (deps.clock.now() < row.changed_at + RETIRE_AFTER_MS) return;
  const facts = await rootFacts(deps);
  const others = facts.rows.filter(({ version }) => version !== row.version);
  const gone = facts.tokens.every(({ ready, rootVersions }) => ready && !rootVersions.includes(row.version));
  const reason = gone ? undefined : whyNotRetire({ ...facts, rows: others }, row.version);
  if (reason !== undefined) {
    deps.log.warn({ version: row.version, reason }, 'root keys are not destroyed yet');
    return;
  }
  await deps.hsm.destroyRootVersion(row.version);
  await complete(deps, row, 'retired');
}

async function complete(deps: KmsDeps, from: RootVersionRow, state: 'added' | 'retired'): Promise<void> {
  const { version, account_id } = from;
  const row = { version, state, account_id, changed_at: deps.clock.now() };
  const [row_mac] = await deps.guard.seal([rootVersionRowBytes(row)]);
  const done = await deps.store.transaction(async (tx) => {
    if (!(await writeRootVersion(tx, { ...row, row_mac: row_mac! }, from))) return false;
    const input = { RootVersion: version, State: state === 'added' ? 'InForce' : 'Retired' };
    await deps.recorder.appendIn(tx, installationRecord(deps, CompleteRootRotation, account_id, input));
    return true;
  });
  if (done) deps.log.warn({ version }, state === 'added' ? 'root keys are in force' : 'root keys are destroyed');
}
