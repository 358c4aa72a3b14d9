/**
 * Has witnesses cosign checkpoints. Guarantees: nothing waits for a witness, and no witness for another; what is kept was
 * verified to be its signature. A witness that cosigned what this log is not any more is an alarm: the database was put
 * back or changed, whatever the database itself says. It is told by `GetLogCheckpoint`, a gauge, the log of the process
 * and a record, until the witness cosigns again, or the log has another name. While nobody answered for a restore no witness is
 * asked: it would be asked as the log that this one was before.
 */
import type { Logger } from '../../../platform/observe/log.ts';
import type { Store } from '../../../platform/store/index.ts';
import { readNote } from '../../../tlog/note.ts';
import { consistencyProof } from '../../../tlog/tree.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';
import { addCosignature, latestCheckpoint, latestCosignature, readOrigin } from '../store/checkpoints.ts';
import { hashesAt } from '../store/log.ts';
import type { AuditDatabase, CheckpointTable } from '../store/schema.ts';
import { askWitness, type WitnessAddress } from './witness-client.ts';

export interface WitnessesOptions {
  witnesses: readonly WitnessAddress[];
  store: Store<AuditDatabase>;
  sequencer: Sequencer;
  clock: { now(): number };
  log: Pick<Logger, 'warn' | 'error'>;
  /** Whether a restore waits for somebody to declare it. */
  isHeld(): Promise<boolean>;
  /** Writes the record of an alarm. */
  alarm(refusal: { Witness: string; Reason: string; Size: number }): Promise<void>;
}

/** waiting: not asked yet. unusable: it cannot be asked. refused: it says that the log is another one. */
export type WitnessState = 'waiting' | 'cosigning' | 'unusable' | 'refused';

export interface WitnessStatus {
  name: string;
  state: WitnessState;
  reason?: string;
}

const EVERY_MS = 1_000;
/** Of a witness that is not there. */
const AGAIN_MS = 10_000;

interface Asked {
  status: WitnessStatus;
  /** Of the log, when it was asked. */
  epoch?: number;
  turn?: Promise<void> | undefined;
  notBefore: number;
}

export class Witnesses {
  private readonly options: WitnessesOptions;
  private readonly asked = new Map<WitnessAddress, Asked>();
  private timer: NodeJS.Timeout | undefined;

  constructor(options: WitnessesOptions) {
    this.options = options;
    for (const witness of options.witnesses)
      this.asked.set(witness, { status: { name: witness.key.name, state: 'waiting' }, notBefore: 0 });
  }

  get statuses(): WitnessStatus[] {
    return [...this.asked.values()].map(({ status }) => status);
  }

  /**
   * When a witness knows another history of the log under its present name: how much of the log all of these have cosigned, as
   * far as the database knows. Undefined: none does.
   */
  async believed(epoch: number): Promise<number | undefined> {
    const refused = [...this.asked.values()].filter(
      (asked) => asked.epoch === epoch && asked.status.state === 'refused',
    );
    if (refused.length === 0) return undefined;
    const { read } = this.options.store;
    const last = await Promise.all(refused.map(({ status }) => latestCosignature(read, epoch, status.name)));
    return Math.min(...last.map((cosigned) => cosigned?.size ?? 0));
  }

  start(): void {
    if (this.asked.size > 0) this.timer ??= setInterval(() => this.look(), EVERY_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await Promise.all([...this.asked.values()].map(({ turn }) => turn));
  }

  /** Asks all of them now; for tests. */
  async askAll(): Promise<void> {
    for (const asked of this.asked.values()) asked.notBefore = 0;
    this.look();
    await Promise.all([...this.asked.values()].map(({ turn }) => turn));
  }

  private look(): void {
    const now = this.options.clock.now();
    if (!this.options.sequencer.leading) return;
    for (const [witness, asked] of this.asked) {
      if (asked.turn || now < asked.notBefore) continue;
      asked.turn = this.ask(witness, asked)
        .catch((error: unknown) => {
          const err = error instanceof Error ? error.message : 'unknown';
          this.options.log.warn({ witness: witness.key.name, err }, 'witness not asked yet');
        })
        .finally(() => {
          asked.turn = undefined;
        });
    }
  }

  private async ask(witness: WitnessAddress, asked: Asked): Promise<void> {
    const { store, isHeld } = this.options;
    if (await isHeld()) return;
    const named = await readOrigin(store.read);
    const checkpoint = named && (await latestCheckpoint(store.read, named.epoch));
    if (!checkpoint) return;
    const last = await latestCosignature(store.read, checkpoint.epoch, witness.key.name);
    // An alarm was about the log under the name it had.
    if (asked.epoch !== checkpoint.epoch) asked.status = { name: witness.key.name, state: 'waiting' };
    asked.epoch = checkpoint.epoch;
    // After a start also without a need: a witness that cosigned a later state says so.
    if (last?.size === checkpoint.size && asked.status.state === 'cosigning') return;
    await this.submit(witness, asked, checkpoint, Math.min(last?.size ?? 0, checkpoint.size));
  }

  private async submit(
    witness: WitnessAddress,
    asked: Asked,
    checkpoint: CheckpointTable,
    from: number,
    again = true,
  ): Promise<void> {
    const { store, clock, sequencer } = this.options;
    const { epoch, size, note } = checkpoint;
    const text = readNote(note)?.text ?? '';
    const proof = await consistencyProof(from, size, hashesAt(store.read, size));
    const answer = await askWitness(witness, { oldSize: from, proof, note }, text);
    switch (answer.kind) {
      case 'cosigned': {
        const row = { epoch, size, witness: witness.key.name, line: answer.line, signed_at: clock.now() };
        await sequencer.underFence((tx) => addCosignature(tx, row));
        asked.status = { name: witness.key.name, state: 'cosigning' };
        return;
      }
      case 'elsewhere':
        if (answer.size > size)
          return this.refused(asked, checkpoint, `it cosigned ${answer.size} records, and the log has ${size}`);
        if (answer.size === from && from === size)
          return this.refused(asked, checkpoint, `it cosigned another history of ${size} records`);
        if (again) return this.submit(witness, asked, checkpoint, answer.size, false);
        return this.unusable(asked, 'it told two sizes');
      case 'refused':
        return this.refused(asked, checkpoint, `it cosigned another history of ${from} records`);
      case 'unusable':
        return this.unusable(asked, answer.reason);
    }
  }

  private unusable(asked: Asked, reason: string): void {
    const { name, state } = asked.status;
    asked.notBefore = this.options.clock.now() + AGAIN_MS;
    // An alarm stays until the witness itself says otherwise.
    if (state === 'refused') return;
    if (state !== 'unusable') this.options.log.warn({ witness: name, reason }, 'witness does not cosign');
    asked.status = { name, state: 'unusable', reason };
  }

  private async refused(asked: Asked, { size }: CheckpointTable, reason: string): Promise<void> {
    const { name, state } = asked.status;
    asked.notBefore = this.options.clock.now() + AGAIN_MS;
    if (state === 'refused') return;
    this.options.log.error(
      { witness: name, reason },
      'a witness knows another history: the record was changed or put back',
    );
    // The record first: an alarm that could not be recorded is raised again.
    await this.options.alarm({ Witness: name, Reason: reason, Size: size });
    asked.status = { name, state: 'refused', reason };
  }
}
