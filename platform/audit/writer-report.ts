/**
 * What a writer of records says about itself: that it started, that it lives, that it stopped. So a record that never came
 * to the audit service is missed, and so is a writer that is silent: silence is an answer only of who speaks otherwise.
 */
import { serviceCaller } from '../client/transport.ts';
import { defineOperation } from '../contract/operation.ts';
import { integer, list, oneOf, structure, text } from '../contract/shape.ts';
import type { Logger } from '../observe/log.ts';
import type { Store } from '../store/index.ts';
import type { Recorder } from './recorder.ts';

const NUMBER = integer(0, Number.MAX_SAFE_INTEGER);
const MAX_LISTED = 1_000;

/** The record of a writer about itself: done by every service, asked for by nobody. */
export const ReportWriter = defineOperation({
  name: 'ReportWriter',
  service: 'audit',
  doc: 'A writer of records started, lives or stopped.',
  input: structure({
    State: oneOf(['Started', 'Alive', 'Stopped']),
    /** Earlier boots that left records behind, and the highest number among those. */
    Before: list(structure({ Boot: text(1, 64), Last: NUMBER }), 0, MAX_LISTED).optional(),
    /** Numbers whose records never came to be, since their transactions failed. */
    Void: list(structure({ First: NUMBER, Last: NUMBER }), 0, MAX_LISTED).optional(),
  }),
  authz: 'internal',
  effect: 'write',
  audit: { class: 'management' },
});

const LOOK_MS = 30_000;
/** A writer is missed after six minutes. */
const QUIET_MS = 240_000;
const MAX_LEFT = 10_000;

export interface WriterReportsOptions {
  recorder: Recorder;
  store: Pick<Store<unknown>, 'readOutbox'>;
  clock: { now(): number };
  ids: { uuidv7(): string };
  log: Pick<Logger, 'warn'>;
  service: string;
  boot: string;
}

export class WriterReports {
  private readonly options: WriterReportsOptions;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> | undefined;

  constructor(options: WriterReportsOptions) {
    this.options = options;
  }

  async start(): Promise<void> {
    const { store, boot } = this.options;
    const last = new Map<string, number>();
    for (const row of await store.readOutbox(MAX_LEFT))
      if (row.boot !== boot) last.set(row.boot, Math.max(last.get(row.boot) ?? 0, row.wseq));
    const before = [...last].slice(0, MAX_LISTED).map(([Boot, Last]) => ({ Boot, Last }));
    await this.report('Started', before);
    this.timer = setInterval(() => {
      this.turn ??= this.look().finally(() => {
        this.turn = undefined;
      });
    }, LOOK_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
    await this.report('Stopped').catch(this.failed);
  }

  /** Says that it lives when it said nothing for a while, or has numbers to take back. */
  async look(): Promise<void> {
    const { recorder, clock } = this.options;
    const isQuiet = clock.now() - recorder.writtenAt >= QUIET_MS;
    if (isQuiet || recorder.hasVoids) await this.report('Alive').catch(this.failed);
  }

  private readonly failed = (error: unknown): void => {
    this.options.log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'writer not reported yet');
  };

  private async report(
    State: 'Started' | 'Alive' | 'Stopped',
    before: readonly { Boot: string; Last: number }[] = [],
  ): Promise<void> {
    const { recorder, clock, ids, service } = this.options;
    const now = clock.now();
    const voids = recorder.takeVoids(MAX_LISTED);
    try {
      await recorder.append({
        eventId: ids.uuidv7(),
        operation: ReportWriter,
        caller: serviceCaller(service),
        origin: {
          requestId: ids.uuidv7(),
          sourceIp: '127.0.0.1',
          userAgent: `parapet/${service}`,
          receivedAt: now,
          protocol: 'internal',
        },
        now,
        input: {
          State,
          ...(before.length > 0 && { Before: before }),
          ...(voids.length > 0 && { Void: voids.map((number) => ({ First: number, Last: number })) }),
        },
        resources: [],
      });
    } catch (error) {
      recorder.putBack(voids);
      throw error;
    }
  }
}
