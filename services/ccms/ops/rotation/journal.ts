/**
 * The journal entry of one rotation while a runner holds it. Guarantees: every commit is by compare-and-set on the row
 * and on the fence of the claim, with the record of what it says; commits of one holder come one after another, those
 * that only renew the lease included. Who has lost the entry learns it at the next commit and does nothing more.
 */

import type { RecordDraft } from '../../../../platform/audit/record.ts';
import { serviceCaller } from '../../../../platform/client/transport.ts';
import type { AnyTransaction } from '../../../../platform/store/index.ts';
import { ROTATION_EVENTS, type RotationEvent } from '../../api/rotation-events.ts';
import type { CcmsDeps } from '../../deps.ts';
import { type RunRow, runOf } from '../../domain/rotation/rows.ts';
import { claim, heartbeat, type Outcome, type RotationRun, type RotationStep } from '../../domain/rotation/run.ts';
import type { Unsealed } from '../../domain/rows.ts';
import { writeRun } from '../../store/rotation-queries.ts';
import type { SecretRecord } from '../../store/secret-record.ts';
import { TYPE } from '../secret-access.ts';
import type { Write } from '../write.ts';
import { editedRun, sealedRun } from './rotation-change.ts';

/** fenced: somebody else has the run; conflict: what belongs to the commit was changed meanwhile. */
export type Committed = 'done' | 'fenced' | 'conflict';

class NotWritten extends Error {
  readonly because: Exclude<Committed, 'done'>;
  constructor(because: Exclude<Committed, 'done'>) {
    super(because);
    this.because = because;
  }
}

export interface CommitMore {
  columns?: Partial<RunRow>;
  event?: RotationEvent;
  /** The step the event is about. */
  step?: RotationStep;
  also?: readonly Write[];
  after?: () => void;
}

export class Journal {
  readonly secret: SecretRecord;
  private readonly deps: CcmsDeps;
  private held: RunRow;
  private tail: Promise<unknown> = Promise.resolve();

  private constructor(deps: CcmsDeps, secret: SecretRecord, row: RunRow) {
    this.deps = deps;
    this.secret = secret;
    this.held = row;
  }

  /** Takes the run, if there is something to do and nobody else does it. */
  static async claim(deps: CcmsDeps, runId: string, owner: string): Promise<Journal | undefined> {
    const row = await deps.rotations.run(runId);
    const secret = row && (await deps.secrets.byId(row.secret_id));
    if (!row || !secret || !(await isReady(deps, secret, row))) return undefined;
    const journal = new Journal(deps, secret, row);
    const claimed = await journal.commit((run) => claim(run, owner, deps.clock.now()));
    return claimed === 'done' ? journal : undefined;
  }

  get row(): RunRow {
    return this.held;
  }

  get run(): RotationRun {
    return runOf(this.held);
  }

  commit(next: (run: RotationRun) => Outcome, more: CommitMore = {}): Promise<Committed> {
    const done = this.tail.then(() => this.write(next, more));
    this.tail = done.catch(() => undefined);
    return done;
  }

  /** Renews the lease, with columns that must be known before an effect. */
  beat(columns: Partial<RunRow> = {}): Promise<Committed> {
    const { fence } = this.run;
    return this.commit((run) => heartbeat(run, fence, this.deps.clock.now()), { columns });
  }

  private async write(next: (run: RotationRun) => Outcome, more: CommitMore): Promise<Committed> {
    const outcome = next(this.run);
    if ('refused' in outcome) return 'fenced';
    const now = this.deps.clock.now();
    const row = await sealedRun(this.deps, editedRun(this.held, outcome.run, now, more.columns));
    try {
      await this.deps.store.transaction(async (tx) => {
        if (!(await writeRun(tx, row))) throw new NotWritten('fenced');
        for (const other of more.also ?? []) if (!(await other(tx))) throw new NotWritten('conflict');
        if (more.event) await appendEvent(this.deps, tx, this.secret, row, { ...more, event: more.event });
      });
    } catch (error) {
      if (error instanceof NotWritten) return error.because;
      throw error;
    }
    this.held = row;
    more.after?.();
    return 'done';
  }
}

/** A secret that waits for its deletion, an account that is not active and an older grace are waited for. */
async function isReady(deps: CcmsDeps, secret: SecretRecord, row: RunRow): Promise<boolean> {
  if (secret.row.deletion_date !== null) return false;
  if (!(await deps.organization.snapshot()).timersRun(row.account_id)) return false;
  const [oldest] = await deps.rotations.open(row.secret_id);
  return oldest?.run_id === row.run_id;
}

export interface EventMore {
  event: RotationEvent;
  step?: RotationStep;
}

/** Last in its transaction: numbers of records must have no gaps. */
export function appendEvent(
  deps: CcmsDeps,
  tx: AnyTransaction,
  secret: SecretRecord,
  run: Unsealed<RunRow>,
  { event, step }: EventMore,
): Promise<void> {
  const accountId = secret.row.account_id;
  const now = deps.clock.now();
  const draft: RecordDraft = {
    eventId: deps.ids.uuidv7(),
    operation: ROTATION_EVENTS[event],
    caller: { ...serviceCaller('ccms'), accountId },
    origin: {
      requestId: run.run_id,
      sourceIp: '127.0.0.1',
      userAgent: 'parapet/ccms',
      receivedAt: now,
      protocol: 'internal',
    },
    now,
    input: {
      SecretId: secret.arn,
      RunId: run.run_id,
      VersionId: run.token,
      State: run.state,
      ...(step !== undefined && { Step: step }),
      ...(run.attempt > 0 && { Attempts: run.attempt }),
      ...(run.failure !== null && { Failure: run.failure }),
    },
    resources: [{ ARN: secret.arn, accountId, type: TYPE }],
  };
  return deps.recorder.appendIn(tx, draft);
}
