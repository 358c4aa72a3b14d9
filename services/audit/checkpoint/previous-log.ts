/**
 * The link from one name of the log to the one before. Under the old name something else was signed than the database has,
 * and may be remembered anywhere, so nothing is signed under it any more (`renameLog`).
 */
import type { Store } from '../../../platform/store/index.ts';
import type { Checkpoint } from '../../../tlog/note.ts';
import { EMPTY_ROOT, rootOf } from '../../../tlog/tree.ts';
import { isForsaken, latestCheckpoints, previousOf } from '../store/checkpoints.ts';
import { hashesAt, logSize } from '../store/log.ts';
import type { AuditDatabase, LogOriginTable, PreviousLog } from '../store/schema.ts';

type State = Pick<Checkpoint, 'size' | 'root'>;

/** No blanks, and nobody else's: one backup may be restored twice. */
export function newLogOrigin(region: string, ids: { uuidv4(): string }): string {
  return `audit.${region}.${ids.uuidv4()}`;
}

/** How many checkpoints are tried for the longest common beginning. */
const TRIED = 200;

export interface Known {
  /** What this machine signed last, as the file beside the database says. */
  remembered: Checkpoint | undefined;
  /** Behind this size a witness knows another history than what was signed here. */
  believed: number | undefined;
  reason: string;
}

/** What the log was, as far as this installation knows: by the database, and by what it remembers beside it. */
export async function previousLog(
  store: Pick<Store<AuditDatabase>, 'read'>,
  row: LogOriginTable,
  { remembered, believed = Number.POSITIVE_INFINITY, reason }: Known,
): Promise<PreviousLog> {
  const inDatabase = await latestCheckpoints(store.read, row.epoch, TRIED);
  const isPresent = remembered?.origin === row.origin;
  // The file may name a log that the database does not know any more: that is the one that is given up.
  const isOther = remembered && !isPresent && !(await isForsaken(store.read, remembered.origin));
  const ofIt: State[] = isOther ? [remembered] : [...inDatabase, ...(isPresent ? [remembered] : [])];
  const signed = ofIt.toSorted(bySize).at(0);
  const before = previousOf(row)?.common;
  const known: State[] = [
    ...(isOther ? inDatabase : ofIt),
    // Nothing may have been signed yet under the name that is given up.
    ...(before ? [{ size: before.size, root: Buffer.from(before.root, 'hex') }] : []),
  ];
  return {
    origin: isOther ? remembered.origin : row.origin,
    ...(signed && { signed: shown(signed) }),
    common: shown(await commonBeginning(store, known.filter(({ size }) => size <= believed).toSorted(bySize))),
    reason,
  };
}

const bySize = (a: State, b: State) => b.size - a.size;
const shown = ({ size, root }: State) => ({ size, root: root.toString('hex') });

async function commonBeginning(store: Pick<Store<AuditDatabase>, 'read'>, signed: readonly State[]): Promise<State> {
  const now = await logSize(store.read);
  for (const state of signed)
    if (state.size <= now && (await rootOf(state.size, hashesAt(store.read, now))).equals(state.root)) return state;
  return { size: 0, root: EMPTY_ROOT };
}

export function shownPrevious({ origin, signed, common, reason }: PreviousLog) {
  return {
    Origin: origin,
    ...(signed && { Size: signed.size, RootHash: Buffer.from(signed.root, 'hex') }),
    CommonSize: common.size,
    CommonRootHash: Buffer.from(common.root, 'hex'),
    Reason: reason,
  };
}
