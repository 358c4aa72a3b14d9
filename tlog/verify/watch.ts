/**
 * Watches a log from the files that it serves: every checkpoint is signed and continues the one before it, what witnesses
 * cosigned is the same log, and it does not fall silent, since writers say every minute that they live. Proves growth
 * from the tiles; the leaves themselves are proven by `served-log.ts`.
 */
import { type Checkpoint, type NoteKey, readCheckpoint, readNote, verdictBy } from '../note.ts';
import { hashesFrom, readEntries, TILE_WIDTH, TileError, tilePath, widthAt } from '../tile.ts';
import { consistencyProof, type HashSource, inclusionProof, isConsistent, isIncluded, leafHash } from '../tree.ts';
import { parseEntry, readRecord } from './entry.ts';
import { EXIT_OF, type ServedFault } from './served-log.ts';

export interface WatchOptions {
  /** Undefined: there is no such file, or it may not be read. */
  read(path: string): Promise<Buffer | undefined>;
  /** Whoever of these signs is trusted. */
  keys: readonly NoteKey[];
  /** All of them must have cosigned what is served as cosigned. */
  witnesses: readonly NoteKey[];
  /** Where the newest checkpoint is that witnesses have cosigned. */
  cosignedPath: string;
  /** So long it may say nothing. */
  maxAgeMs: number;
  /** A signed note that an earlier watch kept. */
  kept?: string | undefined;
}

export type WatchFault = Extract<
  ServedFault,
  'checkpoint' | 'signature' | 'witness' | 'missing' | 'tile' | 'split' | 'stale'
>;

export interface Look {
  reason?: WatchFault;
  /** What it is about. */
  where?: string;
  /** The checkpoint that the log is known to have come to, and its note. */
  checkpoint?: Checkpoint;
  note?: string;
  /** Milliseconds: when something of it was last heard. */
  heardAt?: number;
}

export const watchExitOf = (reason: WatchFault): number => EXIT_OF[reason];

class Fault extends Error {
  readonly reason: WatchFault;
  readonly where: string;

  constructor(reason: WatchFault, where: string) {
    super(`${reason}: ${where}`);
    this.reason = reason;
    this.where = where;
  }
}

interface Signed {
  checkpoint: Checkpoint;
  note: string;
}

export class LogWatch {
  private readonly options: WatchOptions;
  private last: Signed | undefined;
  private heardAt: number | undefined;

  constructor(options: WatchOptions) {
    this.options = options;
  }

  /** Never throws for what it finds. `now`: milliseconds of whoever watches. Errors of `read` count as silence. */
  async look(now: number): Promise<Look> {
    try {
      await this.see(now);
      this.heardAt ??= now;
      if (now - this.heardAt > this.options.maxAgeMs) throw new Fault('stale', 'checkpoint');
      return this.told();
    } catch (error) {
      if (error instanceof Fault) return { ...this.told(), reason: error.reason, where: error.where };
      if (error instanceof TileError) return { ...this.told(), reason: 'missing', where: error.message };
      throw error;
    }
  }

  /** The log could not be asked. */
  unanswered(now: number): Look {
    this.heardAt ??= now;
    const isStale = now - this.heardAt > this.options.maxAgeMs;
    return { ...this.told(), ...(isStale && { reason: 'stale' as const, where: 'checkpoint' }) };
  }

  private told(): Look {
    const { last, heardAt } = this;
    return { ...(last && { checkpoint: last.checkpoint, note: last.note }), ...(heardAt !== undefined && { heardAt }) };
  }

  private async see(now: number): Promise<void> {
    const { kept, witnesses, cosignedPath } = this.options;
    if (!this.last && kept !== undefined) this.last = this.signed('the kept checkpoint', kept);
    const known = this.last;
    const current = await this.served('checkpoint');
    await this.mustContinue(known, current, 'checkpoint');
    let cosignedAt = 0;
    if (witnesses.length > 0) {
      const cosigned = await this.served(cosignedPath);
      cosignedAt = this.cosignedAt(cosigned.note);
      const [older, newer] = inOrder(cosigned, current);
      await this.mustContinue(older, newer, cosignedPath);
    }
    const hasGrown =
      known !== undefined && this.heardAt !== undefined && current.checkpoint.size > known.checkpoint.size;
    // Somebody else's word of when it was counts for the first look only; then it is heard, or it is not.
    const heardAt = hasGrown ? now : Math.max(cosignedAt, this.heardAt ?? (await this.newestEntryAt(current)) ?? 0);
    if (heardAt > 0) this.heardAt = Math.min(now, heardAt);
    this.last = current;
  }

  private async served(path: string): Promise<Signed> {
    const bytes = await this.options.read(path);
    if (!bytes) throw new Fault('missing', path);
    return this.signed(path, bytes.toString('utf8'));
  }

  private signed(where: string, text: string): Signed {
    const note = readNote(text);
    const checkpoint = note && readCheckpoint(note.text);
    if (!note || !checkpoint) throw new Fault('checkpoint', where);
    const keys = this.options.keys.filter(({ name }) => name === checkpoint.origin);
    const verdicts = keys.map((key) => verdictBy(note, key).state);
    if (!verdicts.includes('signed') || verdicts.includes('invalid')) throw new Fault('signature', where);
    return { checkpoint, note: text };
  }

  /** Milliseconds: when the last of all witnesses saw it. */
  private cosignedAt(text: string): number {
    const note = readNote(text);
    const seconds = this.options.witnesses.map((key) => {
      const verdict = note ? verdictBy(note, key) : { state: 'unsigned' as const };
      if (verdict.state !== 'signed') throw new Fault('witness', key.name);
      return verdict.seconds ?? 0;
    });
    return Math.max(...seconds) * 1000;
  }

  private async mustContinue(older: Signed | undefined, newer: Signed, where: string): Promise<void> {
    if (!older) return;
    const [from, to] = [older.checkpoint, newer.checkpoint];
    if (from.origin !== to.origin || to.size < from.size) throw new Fault('split', where);
    if (from.size === to.size) {
      if (!from.root.equals(to.root)) throw new Fault('split', where);
      return;
    }
    const proof = await consistencyProof(from.size, to.size, this.hashes(to.size));
    if (isConsistent(from.size, to.size, from.root, to.root, proof)) return;
    // Tiles that do not lead to what was signed prove nothing about the log.
    const isOwn = await this.leadsTo(to);
    throw isOwn ? new Fault('split', where) : new Fault('tile', `tiles of ${to.size} records`);
  }

  private async leadsTo({ size, root }: Checkpoint): Promise<boolean> {
    const last = await this.hashes(size)(0, size - 1);
    return isIncluded(size - 1, size, last, await inclusionProof(size - 1, size, this.hashes(size)), root);
  }

  private hashes(size: number): HashSource {
    return hashesFrom(size, async (tile) => {
      const bytes = await this.options.read(tilePath(tile));
      if (!bytes) throw new Fault('missing', tilePath(tile));
      return bytes;
    });
  }

  /** When the newest record was written, if entries may be read. */
  private async newestEntryAt({ checkpoint: { size, root } }: Signed): Promise<number | undefined> {
    if (size === 0) return undefined;
    const index = Math.floor((size - 1) / TILE_WIDTH);
    const tile = { level: 'entries' as const, index, width: widthAt(size, { level: 0, index }) };
    const bundle = await this.options.read(tilePath(tile));
    const entry = bundle && readEntries(bundle)[(size - 1) % TILE_WIDTH];
    if (!entry) return undefined;
    const proof = await inclusionProof(size - 1, size, this.hashes(size));
    if (!isIncluded(size - 1, size, leafHash(entry), proof, root)) throw new Fault('tile', tilePath(tile));
    const parsed = parseEntry(entry);
    return parsed && readRecord(parsed.record)?.time;
  }
}

function inOrder(a: Signed, b: Signed): [Signed, Signed] {
  return a.checkpoint.size <= b.checkpoint.size ? [a, b] : [b, a];
}
