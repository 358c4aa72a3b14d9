/**
 * Sends records elsewhere, all exports side by side. Guarantees: in order, each record at least once and only after it was
 * numbered; one node at a time works on an export; what an export has in memory is one batch; nothing that a receiver does
 * or leaves undone is waited for by anything else. A receiver that fails is asked again at growing intervals, for ever.
 */
import { randomInt } from 'node:crypto';
import { HsmError } from '../../../../hsm/port.ts';
import type { AuditDeps } from '../../deps.ts';
import type { Destination, Secrets } from '../../domain/export/destination.ts';
import { waitAfter } from '../../domain/export/retry.ts';
import { readExport } from '../../store/export/export-queries.ts';
import {
  endExportLease,
  leaseExport,
  listOpenExports,
  renewExport,
  saveOutcome,
} from '../../store/export/progress-queries.ts';
import { endOf } from '../../store/export/source.ts';
import type { ExportProgressTable } from '../../store/schema.ts';
import { archiveIsDue, archiveTurn } from './archive-turn.ts';
import { guardedExport, openSecrets } from './sealed-secrets.ts';
import { openSink } from './sinks/open.ts';
import { asFailure, type SinkFailure } from './sinks/sink.ts';
import { streamTurn } from './stream-turn.ts';
import { sourceOf, type Turn, TurnEnded } from './turn.ts';

const LOOK_MS = 500;
/** How long others wait for a node that died. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Exports that are worked on at the same time. */
const AT_ONCE = 16;
/** Exports that are looked at in one go. */
const LOOKED_AT = 1_000;
const CHANCES = 1_000_000;

type Open = Awaited<ReturnType<typeof listOpenExports>>[number];

export class ExportRunner {
  private readonly deps: AuditDeps;
  private readonly running = new Map<string, Promise<void>>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  /** The last export that was looked at: the next look goes on there, so that busy exports keep no other one waiting. */
  private last = '';

  constructor(deps: AuditDeps) {
    this.deps = deps;
  }

  start(): void {
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => {
        this.looking = undefined;
      });
    }, LOOK_MS);
  }

  /** What is under way is broken off: it is sent again later. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.looking;
    await Promise.all(this.running.values());
  }

  /** Begins a turn of every export that has work; for tests: answers when those turns are over. */
  async turns(): Promise<void> {
    await this.look();
    await Promise.all(this.running.values());
  }

  private async look(): Promise<void> {
    const { store, clock, log, restores, checkpointer } = this.deps;
    try {
      // An earlier state of this installation sends nothing: what it would send may be another history.
      if (await restores.isHeld(checkpointer)) return;
      const found = await listOpenExports(store.read, clock.now(), { after: this.last, limit: LOOKED_AT });
      for (const open of found) {
        if (this.running.size >= AT_ONCE || this.stopping.signal.aborted) return;
        this.last = open.export_id;
        if (this.running.has(open.export_id) || !(await this.hasWork(open))) continue;
        const done = this.work(open.export_id).finally(() => this.running.delete(open.export_id));
        this.running.set(open.export_id, done);
      }
      if (found.length < LOOKED_AT) this.last = '';
    } catch (error) {
      log.warn({ err: error instanceof Error ? error.message : 'unknown' }, 'exports could not be looked up');
    }
  }

  private async hasWork(open: Open): Promise<boolean> {
    const { deps } = this;
    const destination = JSON.parse(open.destination) as Destination;
    try {
      const { source } = await sourceOf(deps, open);
      if (destination.kind === 'Archive') return await archiveIsDue({ deps, source, progress: open }, destination);
      return (await endOf(deps.store.read, source)) > open.position;
    } catch {
      // The turn says what is wrong.
      return true;
    }
  }

  /** Never throws. */
  private async work(exportId: string): Promise<void> {
    const { store, clock, log } = this.deps;
    const lost = new AbortController();
    let renewal: NodeJS.Timeout | undefined;
    let leased: ExportProgressTable | undefined;
    try {
      const now = clock.now();
      leased = await store.transaction((tx) => leaseExport(tx, exportId, { now, until: now + LEASE_MS }));
      if (!leased) return;
      const held = leased;
      renewal = setInterval(() => {
        const until = clock.now() + LEASE_MS;
        store
          .transaction((tx) => renewExport(tx, held, until))
          .then(
            (isHeld) => !isHeld && lost.abort(),
            () => undefined,
          );
      }, RENEW_MS);
      await this.turn(leased, AbortSignal.any([lost.signal, this.stopping.signal]));
    } catch (error) {
      if (!(error instanceof TurnEnded) && leased) await this.postpone(leased, error).catch(() => undefined);
      else if (!(error instanceof TurnEnded)) log.warn({ err: String(error) }, 'export could not begin');
    } finally {
      clearInterval(renewal);
      const held = leased;
      if (held) await store.transaction((tx) => endExportLease(tx, held)).catch(() => undefined);
    }
  }

  private async turn(progress: ExportProgressTable, signal: AbortSignal): Promise<void> {
    const { deps } = this;
    const row = await readExport(deps.store.read, progress.export_id);
    if (row?.state !== 'ACTIVE') return;
    await deps.guard.verify([guardedExport(row)]);
    const destination = JSON.parse(row.destination) as Destination;
    const turn: Turn = { deps, row, destination, progress, signal, ...(await sourceOf(deps, row)) };
    if (destination.kind === 'Archive') return archiveTurn(turn, destination);
    const secrets: Secrets = await openSecrets(deps, row);
    const sink = openSink(destination, secrets, { ...deps.exports, clock: deps.clock });
    try {
      await streamTurn(turn, sink);
    } finally {
      sink.close();
    }
  }

  private async postpone(leased: ExportProgressTable, error: unknown): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const { store, clock, log } = this.deps;
    const failure = failureOf(error);
    const attempts = leased.attempts + 1;
    const wait = waitAfter(attempts, randomInt(CHANCES) / CHANCES, failure.retryAfterMs);
    const now = clock.now();
    const { message } = failure;
    log.warn({ export: leased.export_id, attempts, wait, err: message }, 'export could not deliver');
    await store.transaction((tx) =>
      saveOutcome(tx, leased, { attempts, next_at: now + wait, problem: message, problem_at: now }),
    );
  }
}

/** What happened here is said in general: the log of the service has the rest. */
function failureOf(error: unknown): Pick<SinkFailure, 'message' | 'retryAfterMs'> {
  const isOurs = error instanceof HsmError || (error as Error | undefined)?.name === 'StoreError';
  if (isOurs) return { message: 'the keys or the database of this installation cannot be used now', retryAfterMs: 0 };
  if ((error as Error | undefined)?.name === 'ServiceError')
    return { message: 'what is stored about the export does not verify', retryAfterMs: 0 };
  return asFailure(error);
}
