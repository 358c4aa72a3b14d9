/**
 * Proves from the files that a log serves, and from nothing else, that nothing was changed, removed or inserted: the
 * checkpoint is signed, every entry is what its leaf says, all tiles and the root follow from the leaves, every account's
 * records are one chain from the first on, no event occurs twice, and every other checkpoint that somebody kept or
 * witnesses cosigned is the root of the beginning of this log.
 *
 * Asks for every file once and keeps the right edge of the tree. What it cannot know: what was never in the log, which the
 * numbers of the writers tell (`writers.ts`).
 */
import { hash } from 'node:crypto';
import { type Checkpoint, type Note, type NoteKey, readCheckpoint, readNote, verdictBy } from '../note.ts';
import {
  hashesIn,
  readEntries,
  rootOfHashes,
  TILE_WIDTH,
  TileError,
  type TileName,
  tilePath,
  tilesOf,
} from '../tile.ts';
import { HASH_BYTES, leafHash } from '../tree.ts';
import { RootBuilder } from '../verify-log.ts';
import { parseEntry, readRecord } from './entry.ts';
import { type MissingNumbers, type Silence, Writers } from './writers.ts';

/** The exit codes of `parapet audit verify`. */
export const EXIT_OF = {
  /** The checkpoint is no signed note of a checkpoint. */
  checkpoint: 2,
  /** The key of the log has not signed it. */
  signature: 3,
  /** A witness has not cosigned it, or what claims to be its signature is none. */
  witness: 3,
  /** A file is not there, or shorter than the checkpoint says. */
  missing: 4,
  /** A tile is not what follows from the leaves. */
  tile: 2,
  /** An entry is not what its leaf says. */
  entry: 2,
  /** A record does not continue its account's chain. */
  chain: 2,
  /** An event occurs twice. */
  duplicate: 2,
  /** The log does not continue a checkpoint that was kept: there are two histories. */
  split: 6,
  /** Records of a writer never came into the log. */
  writer: 4,
  /** Nothing in it is young enough. */
  stale: 5,
} as const;

export type ServedFault = keyof typeof EXIT_OF;

export interface ServedReport {
  ok: boolean;
  reason?: ServedFault;
  /** The file, entry or writer it is about. */
  where?: string;
  checkpoint?: Checkpoint;
  /** Entries that verified. */
  entries: number;
  accounts: number;
  /** Names of the witnesses whose cosignatures were checked. */
  witnesses: string[];
  missing: MissingNumbers[];
  silent: Silence[];
  /** Milliseconds: the newest time that the checkpoint or a record tells. */
  newest: number;
}

export interface ServedLog {
  /** `checkpoint`, `tile/...`; undefined: there is no such file. */
  read(path: string): Promise<Buffer | undefined>;
  /** Whoever of these signs is trusted. */
  keys: readonly NoteKey[];
  /** All of them must have cosigned. */
  witnesses?: readonly NoteKey[];
  /** Signed notes that somebody kept, with a name to tell them by. */
  kept?: readonly { name: string; note: string }[];
  /** The newest time in it may be this old. */
  youngerThan?: { ms: number; now: number };
  /** False: the entries are not there to be read, and only the tree is proven. */
  entries?: boolean;
  progress?(entries: number, size: number): void;
}

class Fault extends Error {
  readonly reason: ServedFault;
  readonly where: string;

  constructor(reason: ServedFault, where: string) {
    super(`${reason}: ${where}`);
    this.reason = reason;
    this.where = where;
  }
}

/** Never throws for what it finds; errors of `read` pass through. */
export async function verifyServedLog(log: ServedLog): Promise<ServedReport> {
  const state = new Verification(log);
  try {
    await state.run();
    return state.report();
  } catch (error) {
    if (error instanceof Fault) return state.report(error);
    throw error;
  }
}

class Verification {
  private readonly log: ServedLog;
  private readonly tree = new RootBuilder();
  private readonly heads = new Map<string, { sequence: number; hash: string }>();
  private readonly events = new Set<string>();
  private readonly writers = new Writers();
  private readonly witnesses: string[] = [];
  private checkpoint: Checkpoint | undefined;
  private newest = 0;
  private verified = 0;

  constructor(log: ServedLog) {
    this.log = log;
  }

  report(fault?: Fault): ServedReport {
    const { checkpoint, verified: entries, witnesses, newest } = this;
    return {
      ok: fault === undefined,
      ...(fault && { reason: fault.reason, where: fault.where }),
      ...(checkpoint && { checkpoint }),
      ...{ entries, accounts: this.heads.size, witnesses, newest },
      missing: this.writers.missing(),
      silent: this.writers.silent(),
    };
  }

  async run(): Promise<void> {
    const note = this.signedNote('checkpoint', (await this.file('checkpoint')).toString('utf8'));
    const checkpoint = readCheckpoint(note.text) as Checkpoint;
    this.checkpoint = checkpoint;
    for (const key of this.log.witnesses ?? []) {
      const verdict = verdictBy(note, key);
      if (verdict.state !== 'signed') throw new Fault('witness', key.name);
      this.witnesses.push(key.name);
      this.newest = Math.max(this.newest, (verdict.seconds ?? 0) * 1000);
    }
    const kept = this.keptCheckpoints(checkpoint);
    await this.walk(checkpoint, kept);
    const [gone] = this.writers.missing();
    if (gone) throw new Fault('writer', `${gone.boot} ${gone.first} to ${gone.last}`);
    const { youngerThan } = this.log;
    if (youngerThan && youngerThan.now - this.newest > youngerThan.ms) throw new Fault('stale', 'checkpoint');
  }

  /** A checkpoint that one of the keys has signed. */
  private signedNote(name: string, text: string): Note {
    const note = readNote(text);
    const checkpoint = note && readCheckpoint(note.text);
    if (!note || !checkpoint) throw new Fault('checkpoint', name);
    const verdicts = this.log.keys
      .filter((key) => key.name === checkpoint.origin)
      .map((key) => verdictBy(note, key).state);
    if (!verdicts.includes('signed') || verdicts.includes('invalid')) throw new Fault('signature', name);
    return note;
  }

  /** What must be the root at which size. */
  private keptCheckpoints({ origin, size }: Checkpoint): Map<number, { root: Buffer; name: string }[]> {
    const bySize = new Map<number, { root: Buffer; name: string }[]>();
    for (const { name, note } of this.log.kept ?? []) {
      const one = readCheckpoint(this.signedNote(name, note).text) as Checkpoint;
      if (one.origin !== origin || one.size > size) throw new Fault('split', name);
      bySize.set(one.size, [...(bySize.get(one.size) ?? []), { root: one.root, name }]);
    }
    return bySize;
  }

  private async walk({ size, root }: Checkpoint, kept: Map<number, { root: Buffer; name: string }[]>): Promise<void> {
    let first = this.splitAt(0, kept);
    const roots: Buffer[] = [];
    for (const tile of tilesOf(size)) {
      if (tile.level > 0) break;
      const [leaves, bundle] = await Promise.all([this.tile(tile), this.bundle({ ...tile, level: 'entries' })]);
      for (let at = 0; at < tile.width; at++) {
        const leaf = leaves.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
        const entry = bundle?.[at];
        if (entry) first ??= this.entryFault(this.tree.size, entry, leaf);
        this.tree.add(leaf);
        first ??= this.splitAt(this.tree.size, kept);
      }
      if (tile.width === TILE_WIDTH) roots.push(rootOfHashes(hashesIn(leaves)));
      this.log.progress?.(this.tree.size, size);
    }
    // A leaf that does not fit its entry was changed itself when the root says so, too.
    if (!this.tree.root().equals(root)) throw new Fault('tile', `tile/0: ${first?.where ?? 'the root is another one'}`);
    if (first) throw first;
    await this.upperTiles(size, roots);
  }

  /** Nothing was said by them that the leaves do not say. */
  private async upperTiles(size: number, roots: readonly Buffer[]): Promise<void> {
    let below = roots;
    let above: Buffer[] = [];
    let level = 1;
    for (const tile of tilesOf(size)) {
      if (tile.level === 0) continue;
      if (tile.level > level) {
        level = tile.level;
        below = above;
        above = [];
      }
      const from = tile.index * TILE_WIDTH;
      const hashes = below.slice(from, from + tile.width);
      if (!(await this.tile(tile)).equals(Buffer.concat(hashes))) throw new Fault('tile', tilePath(tile));
      if (tile.width === TILE_WIDTH) above.push(rootOfHashes(hashes));
    }
  }

  private splitAt(size: number, kept: Map<number, { root: Buffer; name: string }[]>): Fault | undefined {
    const checkpoints = kept.get(size);
    if (!checkpoints) return undefined;
    const root = this.tree.root();
    const other = checkpoints.find((one) => !one.root.equals(root));
    return other && new Fault('split', other.name);
  }

  private entryFault(position: number, bytes: Buffer, leaf: Buffer): Fault | undefined {
    const where = `entry ${position}`;
    if (!leafHash(bytes).equals(leaf)) return new Fault('entry', where);
    const entry = parseEntry(bytes);
    const facts = entry && readRecord(entry.record);
    if (!entry || !facts || facts.accountId !== entry.accountId) return new Fault('entry', where);
    const { accountId, sequence, previousHash } = entry;
    const head = this.heads.get(accountId) ?? { sequence: 0, hash: '0'.repeat(2 * HASH_BYTES) };
    if (sequence !== head.sequence + 1 || previousHash !== head.hash) return new Fault('chain', where);
    this.heads.set(accountId, { sequence, hash: hash('sha256', bytes, 'hex') });
    if (this.events.has(facts.eventId)) return new Fault('duplicate', where);
    this.events.add(facts.eventId);
    this.writers.add(facts);
    this.newest = Math.max(this.newest, facts.time);
    this.verified++;
    return undefined;
  }

  private async tile(name: TileName): Promise<Buffer> {
    const { width } = name;
    const path = tilePath(name);
    const bytes = await this.file(path);
    if (bytes.length < width * HASH_BYTES) throw new Fault('missing', path);
    if (bytes.length > width * HASH_BYTES) throw new Fault('tile', path);
    return bytes;
  }

  private async bundle(name: TileName): Promise<Buffer[] | undefined> {
    if (this.log.entries === false) return undefined;
    const path = tilePath(name);
    const bytes = await this.file(path);
    try {
      const entries = readEntries(bytes);
      if (entries.length < name.width) throw new Fault('missing', path);
      if (entries.length > name.width) throw new Fault('entry', path);
      return entries;
    } catch (error) {
      if (error instanceof TileError) throw new Fault('entry', path);
      throw error;
    }
  }

  private async file(path: string): Promise<Buffer> {
    const bytes = await this.log.read(path);
    if (!bytes) throw new Fault('missing', path);
    return bytes;
  }
}
