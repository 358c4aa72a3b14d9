/**
 * Signs the state of the log soon after it grew: size and root, by the audit key of the HSM. The node that numbers records
 * does it, and no state is signed that does not continue what was signed before, by the database and by the file that
 * remembers it (`memory.ts`). Then it signs nothing any more until the log has another name, and says so.
 */
import { AUDIT_SIGN_KEY, type Hsm } from '../../../hsm/port.ts';
import type { Logger } from '../../../platform/observe/log.ts';
import type { Store } from '../../../platform/store/index.ts';
import {
  type Checkpoint,
  logSignature,
  type NoteKey,
  noteMessage,
  rawPublicKey,
  readNote,
  verdictBy,
  verifierText,
  writeCheckpoint,
  writeNote,
} from '../../../tlog/note.ts';
import { consistencyProof, isConsistent, rootOf } from '../../../tlog/tree.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';
import {
  insertCheckpoint,
  isForsaken,
  latestCheckpoint,
  nameLog,
  readOrigin,
  thinCheckpoints,
} from '../store/checkpoints.ts';
import { hashesAt, logSize } from '../store/log.ts';
import type { AuditDatabase } from '../store/schema.ts';
import { CheckpointMemory } from './memory.ts';
import { type Restores, restoredFrom } from './restores.ts';

export interface CheckpointerOptions {
  store: Store<AuditDatabase>;
  hsm: Pick<Hsm, 'sign' | 'publicKeys'>;
  sequencer: Sequencer;
  clock: { now(): number };
  log: Pick<Logger, 'warn' | 'error'>;
  dataFolder: string;
  /** Whether a restore waits for somebody to declare it. */
  restores: Pick<Restores, 'undeclared'>;
  /** Name of the log until it has one: no blanks. */
  newOrigin(): string;
}

/** Half of the second that a record may be without a signature. */
const EVERY_MS = 500;
const HOUR_MS = 3_600_000;
const KEEP_ALL_MS = 24 * HOUR_MS;

/** Of the name that a log has from its beginning. */
const FIRST = { previous: null, restore_id: null, backup_id: null };

export type SignedState = { state: 'signed' } | { state: 'refused'; reason: string };

export class Checkpointer {
  private readonly options: CheckpointerOptions;
  private readonly memory: CheckpointMemory;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  private thinnedAt = 0;
  private signedSize = 0;
  /** What stands in the way of signing; shown to whoever asks for checkpoints. */
  private current: SignedState = { state: 'signed' };

  constructor(options: CheckpointerOptions) {
    this.options = options;
    this.memory = new CheckpointMemory(options.dataFolder);
  }

  /** Of the log that was signed last, by this process. */
  get size(): number {
    return this.signedSize;
  }

  get status(): SignedState {
    return this.current;
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.turn ??= this.look().finally(() => {
        this.turn = undefined;
      });
    }, EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.turn;
  }

  /** The last state that this machine remembers to have signed, under whatever name. */
  get remembered(): Checkpoint | undefined {
    return this.memory.read();
  }

  /** Somebody answered for what stood in the way: the log has another name. */
  release(): void {
    this.current = { state: 'signed' };
  }

  async look(): Promise<void> {
    try {
      await this.sign();
    } catch (error) {
      this.options.log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'checkpoint not signed yet');
    }
  }

  /** Signs what the log is now, if it grew and this node numbers records. */
  async sign(): Promise<void> {
    const { store, sequencer, clock, hsm, restores } = this.options;
    if (!sequencer.leading) return;
    const { epoch, origin } = await this.named();
    const undeclared = await restores.undeclared();
    if (undeclared) return this.refuse(restoredFrom(undeclared));
    const size = await logSize(store.read);
    const last = await latestCheckpoint(store.read, epoch);
    const { remembered } = this;
    const other = remembered && (await this.otherLog(remembered, origin));
    if (other !== undefined) return this.refuse(other);
    const known = remembered?.origin === origin ? remembered : undefined;
    // What is shorter than what was signed is looked at also when it does not grow.
    if ((known?.size ?? 0) <= size && (size === 0 || size === last?.size)) return;
    const checkpoint: Checkpoint = { origin, size, root: await rootOf(size, hashesAt(store.read, size)) };
    const reason = await this.contradiction(checkpoint, [last, known]);
    if (reason !== undefined) return this.refuse(reason);
    const text = writeCheckpoint(checkpoint);
    const keys = await verifierKeys(hsm, origin);
    const [key] = keys;
    if (!key) throw new Error('the HSM has no key for checkpoints');
    this.memory.writeKeys(keys.map(({ note }) => verifierText(note)));
    const signature = await hsm.sign(AUDIT_SIGN_KEY, noteMessage(text), key.keyId);
    const note = writeNote({ text, signatures: [logSignature(key.note, signature)] });
    const written = readNote(note);
    if (!written || verdictBy(written, key.note).state !== 'signed') throw new Error('the signature does not verify');
    // Before anybody can see it: whatever happens next, nothing else is signed for this size.
    this.memory.write(checkpoint);
    const signed_at = clock.now();
    const isOld = signed_at - this.thinnedAt > HOUR_MS;
    await sequencer.underFence(async (tx) => {
      // It may have got another name meanwhile.
      if ((await readOrigin(tx))?.epoch !== epoch) return;
      await insertCheckpoint(tx, { epoch, size, root: checkpoint.root, note, signed_at });
      if (isOld) await thinCheckpoints(tx, signed_at - KEEP_ALL_MS, HOUR_MS);
    });
    if (isOld) this.thinnedAt = signed_at;
    this.signedSize = size;
    this.current = { state: 'signed' };
  }

  /** Why signing would tell two histories; undefined: it continues everything that was signed. */
  private async contradiction(
    now: Checkpoint,
    signed: readonly (Pick<Checkpoint, 'size' | 'root'> | undefined)[],
  ): Promise<string | undefined> {
    const source = hashesAt(this.options.store.read, now.size);
    for (const { size, root } of signed.filter((one) => one !== undefined)) {
      if (size > now.size) return `a log of ${size} records was signed, and the database has ${now.size}`;
      const proof = await consistencyProof(size, now.size, source);
      if (!isConsistent(size, now.size, root, now.root, proof))
        return `the first ${size} records are not those that were signed`;
    }
    return undefined;
  }

  /** A database from before a restore was declared, or a new one beside the file of another. */
  private async otherLog(remembered: Checkpoint, origin: string): Promise<string | undefined> {
    const isKnown = remembered.origin === origin || (await isForsaken(this.options.store.read, remembered.origin));
    if (isKnown) return undefined;
    return `the log ${remembered.origin} was signed here, and the database has ${origin}`;
  }

  private refuse(reason: string): void {
    if (this.current.state === 'signed')
      this.options.log.error({ reason }, 'checkpoints are not signed any more: the record was changed or put back');
    this.current = { state: 'refused', reason };
  }

  private async named() {
    const { store, sequencer, clock, newOrigin } = this.options;
    const found = await readOrigin(store.read);
    if (found) return found;
    const row = { epoch: 1, origin: newOrigin(), opened_at: clock.now(), ...FIRST };
    await sequencer.underFence((tx) => nameLog(tx, row));
    return (await readOrigin(store.read)) ?? row;
  }
}

/** All keys that may have signed checkpoints, the one that signs now first. */
export async function verifierKeys(
  hsm: Pick<Hsm, 'publicKeys'>,
  origin: string,
): Promise<{ note: NoteKey; keyId: string }[]> {
  const keys = await hsm.publicKeys(AUDIT_SIGN_KEY);
  return keys.flatMap(({ keyId, spki }) => {
    const publicKey = rawPublicKey(spki);
    return publicKey ? [{ note: { name: origin, kind: 'log' as const, publicKey }, keyId }] : [];
  });
}
