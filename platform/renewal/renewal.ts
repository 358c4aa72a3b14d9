/**
 * Brings what a service has stored into the form that the HSM has now (`HsmStatus.form`): a second token came, or a key
 * was made while one was away. Walks each kind of row once, page by page; what a page renews and how far the walk is are
 * one commit, so a walk that was cut off goes on where it was. What is in the form in force is left alone, what nobody of
 * ours wrote is refused and counted, and a token that is away is waited for.
 */
import { type Hsm, HsmError } from '../../hsm/port.ts';
import type { Logger } from '../observe/log.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Job } from '../runtime/service.ts';
import type { AnyTransaction, Store } from '../store/index.ts';
import { beginWalk, type Progress, readProgress, saveProgress } from './progress.ts';

export interface RenewalDeps {
  hsm: Hsm;
  // biome-ignore lint/suspicious/noExplicitAny: steps know their tables
  store: Store<any>;
  clock: Clock;
  log: Logger;
}

export interface RenewedPage {
  /** Names the last row of the page. */
  after: string;
  seen: number;
  renewed: number;
  refused: number;
  /** Writes what was renewed where it is still what was read. */
  write(tx: AnyTransaction): Promise<void>;
  /** After the commit. */
  written?(): void;
}

export interface RenewalStep<Deps> {
  /** Unique within the service. */
  name: string;
  /** The table whose row MACs it renews. */
  guards?: string;
  count(deps: Deps): Promise<number>;
  /** What follows the row `after`; undefined when nothing does. */
  page(deps: Deps, after: string | null): Promise<RenewedPage | undefined>;
}

const EVERY_MS = 5_000;
/** Whoever began to write before the form changed is done by then. */
const SETTLE_MS = 10_000;
/** Other timed work of the service waits for this; the next turn goes on. */
const TURN_MS = 10_000;

export interface RenewalJob<Deps> extends Job<Deps> {
  steps: readonly RenewalStep<Deps>[];
}

export function renewalJob<Deps extends RenewalDeps>(
  name: string,
  steps: readonly RenewalStep<Deps>[],
): RenewalJob<Deps> {
  return {
    name,
    steps,
    everyMs: EVERY_MS,
    async run(deps) {
      const { form } = await deps.hsm.status();
      if (form === undefined) return;
      for (const step of steps) {
        try {
          await renew(deps, step, form);
        } catch (error) {
          if (!(error instanceof HsmError) || error.code !== 'unavailable') throw error;
          deps.log.debug({ step: step.name }, 'renewal waits for a token of the HSM');
        }
      }
    },
  };
}

async function renew<Deps extends RenewalDeps>(deps: Deps, step: RenewalStep<Deps>, form: string): Promise<void> {
  const { store, clock, log } = deps;
  const found = await readProgress(store.read, step.name);
  if (found?.form !== form) {
    const begun = begin(step.name, form, clock.now() + SETTLE_MS, await step.count(deps), found?.wanted ?? 0);
    await store.transaction((tx) => beginWalk(tx, begun));
    return;
  }
  if (found.state === 'done' || clock.now() < found.begins_at) return;
  const end = clock.now() + TURN_MS;
  for (let progress = found; clock.now() < end; ) {
    const page = await step.page(deps, progress.after);
    const next = page === undefined ? { ...progress, state: 'done' as const } : advanced(progress, page);
    const saved = await store.transaction(async (tx) => {
      if (!(await saveProgress(tx, next))) return false;
      await page?.write(tx);
      return true;
    });
    if (!saved) return;
    page?.written?.();
    progress = next;
    if (page !== undefined) continue;
    const { seen, renewed, refused } = progress;
    log.info({ step: step.name, seen, renewed, refused }, 'stored keys and rows have the form that the HSM has now');
    return;
  }
}

function begin(step: string, form: string, begins_at: number, total: number, wanted: number): Progress {
  return { step, form, state: 'running', begins_at, wanted, after: null, total, seen: 0, renewed: 0, refused: 0 };
}

function advanced(progress: Progress, { after, seen, renewed, refused }: RenewedPage): Progress {
  return {
    ...progress,
    after,
    seen: progress.seen + seen,
    renewed: progress.renewed + renewed,
    refused: progress.refused + refused,
  };
}
