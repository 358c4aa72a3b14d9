/**
 * Closes the boots of writers that ended without saying so, as after a crash: a leaf of the log says how far each had
 * come, so that whoever reads the log alone knows that nothing more is expected. Done by the node that numbers records,
 * in the commit that notes it. A writer that was only cut off lives again by its next record.
 */
import type { Recorder } from '../../../platform/audit/recorder.ts';
import { serviceCaller } from '../../../platform/client/transport.ts';
import type { Logger } from '../../../platform/observe/log.ts';
import type { Store } from '../../../platform/store/index.ts';
import { BootClosed } from '../api/boots.ts';
import type { AuditDatabase } from '../store/schema.ts';
import { endWriter, type SilentWriter, silentWriters } from '../store/writers.ts';
import type { Sequencer } from './sequencer.ts';

export interface BootCloserOptions {
  store: Store<AuditDatabase>;
  sequencer: Pick<Sequencer, 'leading' | 'underFence'>;
  recorder: Recorder;
  clock: { now(): number };
  ids: { uuidv7(): string };
  log: Pick<Logger, 'warn'>;
}

const LOOK_MS = 15_000;
/** So long this node listens before it believes that somebody is silent: what waited elsewhere has come by then. */
const LISTEN_MS = 60_000;
const MOST = 100;

export class BootCloser {
  private readonly options: BootCloserOptions;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;
  private listening: { since: number; until: number } | undefined;

  constructor(options: BootCloserOptions) {
    this.options = options;
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.turn ??= this.look().finally(() => {
        this.turn = undefined;
      });
    }, LOOK_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.turn;
  }

  private async look(): Promise<void> {
    try {
      await this.close();
    } catch (error) {
      this.options.log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'silent boots not closed yet');
    }
  }

  /** One look. Answers how many boots were closed. */
  async close(): Promise<number> {
    const { store, clock } = this.options;
    const now = clock.now();
    if (!this.hasListened(now)) return 0;
    let closed = 0;
    for (const writer of await silentWriters(store.read, now, MOST)) if (await this.closeOne(writer, now)) closed++;
    return closed;
  }

  /** A process that stood still itself, or that just began to number records, knows nothing about the others. */
  private hasListened(now: number): boolean {
    if (!this.options.sequencer.leading) {
      this.listening = undefined;
      return false;
    }
    const { listening } = this;
    const hasGoneOn = listening !== undefined && now - listening.until <= 2 * LOOK_MS;
    this.listening = { since: hasGoneOn ? listening.since : now, until: now };
    return now - this.listening.since >= LISTEN_MS;
  }

  private async closeOne(writer: SilentWriter, now: number): Promise<boolean> {
    const { sequencer, recorder, ids } = this.options;
    let closed = false;
    await sequencer.underFence(async (tx) => {
      if (!(await endWriter(tx, writer))) return;
      closed = true;
      await recorder.appendIn(tx as never, {
        eventId: ids.uuidv7(),
        operation: BootClosed,
        caller: serviceCaller('audit'),
        origin: {
          requestId: ids.uuidv7(),
          sourceIp: '127.0.0.1',
          userAgent: 'parapet/audit',
          receivedAt: now,
          protocol: 'internal',
        },
        now,
        input: {
          Node: writer.node.slice(0, 128),
          Boot: writer.boot,
          LastNumber: writer.highest,
          LastSeenAt: writer.seenAt,
        },
        resources: [],
      });
    });
    return closed;
  }
}
