/**
 * Proves from what a log hands out that it only grew: the checkpoint is signed by a known key, its root is that of the
 * leaves, the leaves that the reader knows are at their places, and a checkpoint from earlier is the root of the
 * beginning. Asks for every leaf once and keeps one path of the tree.
 */
import { type Checkpoint, type NoteKey, readCheckpoint, readNote, verdictBy } from './note.ts';
import { TILE_WIDTH, type TileName, tilesOf } from './tile.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash } from './tree.ts';

export type LogFault =
  /** The checkpoint is no signed note of a checkpoint. */
  | 'checkpoint'
  /** No known key has signed it. */
  | 'signature'
  /** Leaves are missing. */
  | 'missing'
  /** The root is not that of the leaves. */
  | 'root'
  /** A known leaf is not at its place. */
  | 'leaf'
  /** It does not continue the checkpoint from earlier: there are two histories. */
  | 'split'
  /** More was signed, under a name that the log had before, than it went on from. */
  | 'lost';

export interface LogReport {
  ok: boolean;
  reason?: LogFault;
  /** What was verified, as far as it could be read. */
  checkpoint?: Checkpoint;
  /** Known leaves that were found at their places. */
  found: number;
  /** Known leaves behind the end of the checkpoint. */
  young: number;
}

export interface LogReader {
  /** The signed note. */
  checkpoint: string;
  /** Whoever of these signs is trusted. */
  keys: readonly NoteKey[];
  /** Leaf hashes of a tile of level 0. */
  readTile(tile: TileName & { level: number }): Promise<Buffer>;
  /** Leaves that the reader knows, by their places. */
  known: ReadonlyMap<number, Buffer>;
  earlier?: Checkpoint;
  /** Names that the log had before, each with how many of its records are the beginning of this one. */
  formerly?: ReadonlyMap<string, number>;
  /** Told after each tile. */
  progress?(leaves: number, size: number): void;
}

/** Never throws for what it finds; errors of `readTile` pass through. */
export async function verifyLog(log: LogReader): Promise<LogReport> {
  const note = readNote(log.checkpoint);
  const checkpoint = note && readCheckpoint(note.text);
  let found = 0;
  const report = (reason?: LogFault): LogReport => ({
    ok: reason === undefined,
    ...(reason !== undefined && { reason }),
    ...(checkpoint && { checkpoint }),
    found,
    young: checkpoint ? [...log.known.keys()].filter((position) => position >= checkpoint.size).length : 0,
  });
  if (!note || !checkpoint) return report('checkpoint');
  const verdicts = log.keys.filter(({ name }) => name === checkpoint.origin).map((key) => verdictBy(note, key).state);
  if (!verdicts.includes('signed') || verdicts.includes('invalid')) return report('signature');
  const { earlier } = log;
  const kept =
    earlier?.origin === checkpoint.origin ? Number.POSITIVE_INFINITY : log.formerly?.get(earlier?.origin ?? '');
  const notContinued = earlier && kept !== undefined && earlier.size > kept ? 'lost' : 'split';
  if (earlier && (kept === undefined || earlier.size > checkpoint.size)) return report(notContinued);

  const tree = new RootBuilder();
  let isContinued = earlier === undefined || (earlier.size === 0 && earlier.root.equals(EMPTY_ROOT));
  for (const tile of tilesOf(checkpoint.size)) {
    if (tile.level > 0) break;
    const hashes = await log.readTile(tile);
    if (hashes.length !== tile.width * HASH_BYTES) return report('missing');
    for (let at = 0; at < tile.width; at++) {
      const leaf = hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
      const known = log.known.get(tile.index * TILE_WIDTH + at);
      if (known && !known.equals(leaf)) return report('leaf');
      if (known) found++;
      tree.add(leaf);
      if (tree.size === earlier?.size) isContinued = tree.root().equals(earlier.root);
    }
    log.progress?.(tree.size, checkpoint.size);
  }
  if (!tree.root().equals(checkpoint.root)) return report('root');
  return isContinued ? report() : report(notContinued);
}

/** The root of leaves that come one after the other. */
export class RootBuilder {
  size = 0;
  /** Roots of the complete subtrees, the widest first. */
  private readonly subtrees: Buffer[] = [];

  add(leaf: Buffer): void {
    let root = leaf;
    for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2))
      root = nodeHash(this.subtrees.pop() as Buffer, root);
    this.subtrees.push(root);
    this.size++;
  }

  root(): Buffer {
    if (this.size === 0) return EMPTY_ROOT;
    return this.subtrees.reduceRight((right, left) => nodeHash(left, right));
  }
}
