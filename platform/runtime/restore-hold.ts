/**
 * Keeps this node from writing while the installation is an earlier state of itself that nobody has answered for. The audit
 * service knows (its log does not continue what was signed, or the data folder has the mark of a restore); everybody asks
 * it, and the mark counts from the first moment. When somebody has declared the restore, every service first does what has to
 * be done once (`afterRestore`), and remembers in its own database that it did.
 */
import type { Logger } from '../observe/log.ts';
import type { AnyTransaction, Store } from '../store/index.ts';
import { restoreApplied, wasApplied } from '../store/tables/restores.ts';
import { readMark } from './restored-mark.ts';

export interface HoldAnswer {
  Held: boolean;
  HeldBecause?: string | undefined;
  RestoreId?: string | undefined;
}

interface Follower {
  // biome-ignore lint/suspicious/noExplicitAny: the platform's own table is in every store
  store: Store<any>;
  /** In one transaction with the note that it was done. */
  work(tx: AnyTransaction): Promise<void>;
  done?(): void;
  applied?: string;
}

export interface RestoreHoldOptions {
  dataFolder: string;
  ask(): Promise<HoldAnswer>;
  clock: { now(): number };
  log: Pick<Logger, 'warn' | 'error'>;
}

/** While something is wrong or not known yet; a restore that was declared is noticed within this time. */
const SOON_MS = 500;
const CALM_MS = 5_000;

export class RestoreHold {
  private readonly options: RestoreHoldOptions;
  private readonly followers: Follower[] = [];
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  private stopped = false;
  private why: string | undefined;

  constructor(options: RestoreHoldOptions) {
    this.options = options;
    if (readMark(options.dataFolder)) this.why = 'this installation was restored, and nobody has declared it';
  }

  /** Why nothing may be written; undefined: it may. */
  get reason(): string | undefined {
    return this.why;
  }

  follow(follower: Follower): void {
    this.followers.push(follower);
  }

  /** Asks at once; resolves when that was answered, or could not be. */
  async start(): Promise<void> {
    await this.look();
    this.plan();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.turn;
  }

  private plan(): void {
    if (this.stopped) return;
    this.timer = setTimeout(
      () => void this.look().then(() => this.plan()),
      this.why === undefined && this.known ? CALM_MS : SOON_MS,
    );
    this.timer.unref();
  }

  private known = false;

  private look(): Promise<void> {
    this.turn ??= this.ask().finally(() => {
      this.turn = undefined;
    });
    return this.turn;
  }

  private async ask(): Promise<void> {
    let answer: HoldAnswer;
    try {
      answer = await this.options.ask();
    } catch {
      // What was known stays. That the audit service is away, others say.
      return;
    }
    try {
      if (answer.Held) return this.hold(answer.HeldBecause ?? 'this installation is an earlier state of itself');
      if (answer.RestoreId !== undefined) await this.applied(answer.RestoreId);
      this.known = true;
      this.why = undefined;
    } catch (error) {
      this.hold('what follows a restore is not done yet');
      this.options.log.warn({ err: String(error) }, 'what follows a restore could not be done');
    }
  }

  private hold(reason: string): void {
    if (this.why !== reason) this.options.log.error({ reason }, 'nothing is written until the restore is declared');
    this.why = reason;
    this.known = true;
  }

  private async applied(restoreId: string): Promise<void> {
    for (const follower of this.followers) {
      if (follower.applied === restoreId) continue;
      if (!(await wasApplied(follower.store.read, restoreId))) {
        await follower.store.transaction(async (tx) => {
          await restoreApplied(tx, restoreId, this.options.clock.now());
          await follower.work(tx);
        });
        follower.done?.();
      }
      follower.applied = restoreId;
    }
  }
}
