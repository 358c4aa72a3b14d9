/**
 * How long a node may believe what it knows of another service's data. Whatever follows such data (principals from iam,
 * the organization from org) is answered from memory while this says so.
 *
 * Guarantees: a change made anywhere is seen within a second, and one of this process by its next request; what could
 * not be confirmed for two seconds is asked for again before it is believed, and after five seconds nothing is
 * (`Unavailable`, which denies). An answer is as old as its question, however late it comes, and never replaces the
 * answer to a later one. A service that hangs keeps nobody for much longer than a second.
 */
import { ServiceError } from '../contract/error.ts';
import type { Clock } from '../runtime/clock.ts';

export interface FreshnessOptions {
  /** Steady: what is believed must not get younger when the clock of the system is set. */
  clock: Clock;
  /** The service that is followed. */
  peer: string;
  /** What is followed, as errors call it. */
  subject: string;
  /**
   * Asks the peer what is new; it answers at once when something is, else after `waitMs`. Answers how to take its answer
   * over, which is not done when a later one was.
   */
  ask(waitMs: number): Promise<() => void>;
}

const POLL_MS = 500;
const RETRY_MS = 200;
const SUSPECT_MS = 2_000;
const STALE_MS = 5_000;
/** How long a request waits for an answer: the peer may hang instead of refusing. */
const PATIENCE_MS = 1_000;

export class Freshness {
  private readonly options: FreshnessOptions;
  /** When the latest accepted question was asked. */
  private confirmedAt = Number.NEGATIVE_INFINITY;
  /** Raised by every change this process makes. */
  private generation = 0;
  /** The generation that is shown for certain. */
  private shown = 0;
  private asked = 0;
  /** Number of the latest question whose answer was taken over. */
  private accepted = 0;
  private confirming: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private stopped = false;

  constructor(options: FreshnessOptions) {
    this.options = options;
  }

  /** Whether what is known may be believed without asking. */
  fresh(): boolean {
    return this.shown === this.generation && this.options.clock.now() - this.confirmedAt < SUSPECT_MS;
  }

  /** Whether the peer was heard so recently that what is known may still be believed. */
  near(): boolean {
    return this.options.clock.now() - this.confirmedAt < STALE_MS;
  }

  /** Makes sure that what is known was current within the last seconds, else that it is now. */
  async confirm(): Promise<void> {
    if (this.fresh()) return;
    const { generation } = this;
    // Requests that come together ask once.
    const confirming = this.confirming ?? this.question(0);
    this.confirming = confirming;
    let cause: unknown;
    try {
      await inTime(confirming);
    } catch (error) {
      cause = error;
    }
    if (this.confirming === confirming) this.confirming = undefined;
    if (!this.near() || this.shown < generation) throw this.unavailable(cause);
  }

  /** Asks the peer for something that is not known. After `confirm`: a peer that did not confirm is not asked again. */
  async read<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.fresh()) throw this.unavailable();
    try {
      return await inTime(ask());
    } catch (error) {
      throw error instanceof Late ? this.unavailable(error) : error;
    }
  }

  /** This process changed what is followed: the next request asks, and no earlier question counts for it. */
  changed(): void {
    this.generation++;
    this.confirming = undefined;
  }

  /** Follows the peer until `stop`. */
  start(): void {
    this.following ??= this.follow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.following;
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.question(POLL_MS);
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async question(waitMs: number): Promise<void> {
    const { generation } = this;
    const askedAt = this.options.clock.now();
    const number = ++this.asked;
    const takeOver = await this.options.ask(waitMs);
    if (number < this.accepted) return;
    this.accepted = number;
    takeOver();
    this.shown = Math.max(this.shown, generation);
    this.confirmedAt = Math.max(this.confirmedAt, askedAt);
  }

  private unavailable(cause?: unknown): ServiceError {
    const { peer, subject } = this.options;
    return new ServiceError('Unavailable', `${subject} cannot be confirmed as current`, {
      hint: `check that the ${peer} service is running and reachable, then try again`,
      details: { retryAfterSeconds: 1 },
      ...(cause !== undefined && { cause }),
    });
  }
}

class Late extends Error {
  override readonly name = 'Late';
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // After one more look at what arrived: while this process was busy, no time passed for the peer.
    timer = setTimeout(() => setImmediate(() => reject(new Late('no answer in time'))), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
