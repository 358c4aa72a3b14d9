/**
 * Another name for a log whose database was put back to an earlier state. Under the old name something else was signed and
 * may be remembered anywhere, so nothing is signed under it any more; the new name is linked to it by the row of the name
 * and by a record, which is a leaf of the log under its new name.
 */
import { Recorder } from '../../../platform/audit/recorder.ts';
import { serviceCaller } from '../../../platform/client/transport.ts';
import type { Store } from '../../../platform/store/index.ts';
import type { Checkpoint } from '../../../tlog/note.ts';
import { EMPTY_ROOT, rootOf } from '../../../tlog/tree.ts';
import { DeclareLogRestore } from '../api/log.ts';
import { latestCheckpoints, readOrigin, renameLog } from '../store/checkpoints.ts';
import { hashesAt, logSize } from '../store/log.ts';
import type { AuditDatabase, LogOriginTable, PreviousLog } from '../store/schema.ts';
import { CheckpointMemory } from './memory.ts';

/** No blanks, and nobody else's. */
export function newLogOrigin(region: string, ids: { uuidv4(): string }): string {
  return `audit.${region}.${ids.uuidv4()}`;
}

/** How many checkpoints are tried for the longest common beginning. */
const TRIED = 200;

/** What the log was, as far as this installation knows: by the database, and by the file beside it. Undefined: it had no name. */
export async function previousLog(
  store: Pick<Store<AuditDatabase>, 'read'>,
  dataFolder: string,
  reason: string,
): Promise<{ row: LogOriginTable; previous: PreviousLog } | undefined> {
  const row = await readOrigin(store.read);
  if (!row) return undefined;
  const inDatabase = await latestCheckpoints(store.read, row.epoch, TRIED);
  const remembered = new CheckpointMemory(dataFolder).read();
  // The file may name a log that the database does not know any more: that is the one that is given up.
  const origin = remembered?.origin ?? row.origin;
  const signed = [...(remembered ? [remembered] : []), ...(remembered ? [] : inDatabase)].at(0);
  return {
    row,
    previous: {
      origin,
      ...(signed && { signed: { size: signed.size, root: signed.root.toString('hex') } }),
      common: await commonBeginning(store, inDatabase),
      reason,
    },
  };
}

async function commonBeginning(
  store: Pick<Store<AuditDatabase>, 'read'>,
  signed: readonly Pick<Checkpoint, 'size' | 'root'>[],
): Promise<PreviousLog['common']> {
  const now = await logSize(store.read);
  for (const { size, root } of signed) {
    if (size <= now && (await rootOf(size, hashesAt(store.read, now))).equals(root))
      return { size, root: root.toString('hex') };
  }
  return { size: 0, root: EMPTY_ROOT.toString('hex') };
}

export function shownPrevious({ previous }: LogOriginTable) {
  if (previous === null) return undefined;
  const { origin, signed, common, reason } = JSON.parse(previous) as PreviousLog;
  return {
    Origin: origin,
    ...(signed && { Size: signed.size, RootHash: Buffer.from(signed.root, 'hex') }),
    CommonSize: common.size,
    CommonRootHash: Buffer.from(common.root, 'hex'),
    Reason: reason,
  };
}

export interface RestoreDeclaration {
  store: Store<AuditDatabase>;
  dataFolder: string;
  region: string;
  reason: string;
  ids: { uuidv4(): string; uuidv7(): string };
  now: number;
}

/**
 * The same as `DeclareLogRestore` before the service starts, for whoever restores a database: the record waits in the
 * outbox for the start. Answers the new name; undefined: the log had none, so nothing was ever signed.
 */
export async function declareRestore(declaration: RestoreDeclaration): Promise<string | undefined> {
  const { store, dataFolder, region, reason, ids, now } = declaration;
  const found = await previousLog(store, dataFolder, reason);
  if (!found) return undefined;
  const origin = newLogOrigin(region, ids);
  const writer = { node: 'audit-restore', boot: ids.uuidv7(), region };
  const recorder = new Recorder(store as unknown as Store<unknown>, writer, () => undefined);
  await store.transaction(async (tx) => {
    if (!(await renameLog(tx, found.row, { origin, previous: found.previous, now })))
      throw new Error('the log got another name meanwhile');
    await recorder.appendIn(tx, {
      eventId: ids.uuidv7(),
      operation: DeclareLogRestore,
      caller: serviceCaller('audit'),
      origin: {
        requestId: ids.uuidv7(),
        sourceIp: '127.0.0.1',
        userAgent: 'parapet/audit',
        receivedAt: now,
        protocol: 'internal',
      },
      now,
      input: { Origin: found.row.origin, Reason: reason },
      output: { Origin: origin, Previous: shownPrevious({ ...found.row, previous: JSON.stringify(found.previous) }) },
      resources: [],
    });
  });
  return origin;
}
