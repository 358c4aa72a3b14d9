/**
 * One turn of an export: a node has its lease, sends what waits, and moves the cursor after each batch, in a commit that
 * the fence of the lease guards. What every kind of destination shares stands here.
 */

import type { Transaction } from 'kysely';
import type { AuditDeps } from '../../deps.ts';
import type { Destination } from '../../domain/export/destination.ts';
import { passes, passesAll, type RecordFilter } from '../../domain/export/filter.ts';
import { renderRecord } from '../../domain/export/format.ts';
import { readRecorded } from '../../domain/export/recorded.ts';
import type { ExportRow } from '../../domain/export/rows.ts';
import { giveWay } from '../../sequencer/append.ts';
import { readExport } from '../../store/export/export-queries.ts';
import { type Outcome, saveOutcome } from '../../store/export/progress-queries.ts';
import type { PlacedRecord, Source } from '../../store/export/source.ts';
import type { AuditDatabase, ExportProgressTable } from '../../store/schema.ts';
import { type Outgoing, SinkFailure } from './sinks/sink.ts';

export interface Turn {
  deps: AuditDeps;
  row: ExportRow;
  destination: Destination;
  source: Source;
  organizationId: string | undefined;
  progress: ExportProgressTable;
  signal: AbortSignal;
}

/** The lease was lost, or the export was changed, paused or deleted: whoever has it now goes on. */
export class TurnEnded extends Error {
  override readonly name = 'TurnEnded';
}

/** Throws `TurnEnded` unless the export still is what the turn began with. */
export async function goOn({ deps, row, signal }: Turn): Promise<void> {
  if (signal.aborted) throw new TurnEnded();
  const now = await readExport(deps.store.read, row.export_id);
  if (now?.version !== row.version) throw new TurnEnded();
}

/** Moves the cursor, with what belongs into the same commit. */
export async function commit(
  turn: Turn,
  outcome: Outcome,
  also: (tx: Transaction<AuditDatabase>) => Promise<void> = async () => undefined,
): Promise<void> {
  const { store } = turn.deps;
  await store.transaction(async (tx) => {
    if (!(await saveOutcome(tx, turn.progress, outcome))) throw new TurnEnded();
    await also(tx);
  });
  Object.assign(turn.progress, outcome);
}

/** After a batch was delivered. */
export function delivered({ deps, progress }: Turn, count: number, position: number): Outcome {
  return {
    position,
    delivered: progress.delivered + count,
    delivered_at: deps.clock.now(),
    ...{ attempts: 0, next_at: 0, problem: null, problem_at: null },
  };
}

const SLICE = 64;

/** What of a portion is sent, in the form of the export. */
export async function render({ row }: Turn, records: readonly PlacedRecord[]): Promise<Outgoing[]> {
  const filter = JSON.parse(row.filter) as RecordFilter;
  const all = passesAll(filter);
  const out: Outgoing[] = [];
  for (const [index, record] of records.entries()) {
    if (index % SLICE === SLICE - 1) await giveWay();
    const recorded = readRecorded(record);
    if (!all && !passes(filter, recorded)) continue;
    const { eventId, accountId, sequence, position, time } = record;
    const { outcome, name } = recorded;
    out.push({
      ...{ eventId, accountId, sequence, position, time, name },
      outcome: outcome === 'success' || outcome === 'broken' ? outcome : 'failed',
      text: renderRecord(row.format, record),
    });
  }
  return out;
}

/** Whose records are sent. An organization's: of the accounts that are in it now. */
export async function sourceOf(
  deps: AuditDeps,
  { account_id: accountId, scope }: Pick<ExportRow, 'account_id' | 'scope'>,
): Promise<{ source: Source; organizationId: string | undefined }> {
  if (scope === 'ACCOUNT') return { source: { accountId }, organizationId: undefined };
  const organization = await deps.organization.snapshot();
  if (organization.managementAccountId !== accountId)
    throw new SinkFailure('away', 'the account is not the management account of the organization any more');
  return { source: { accountId, members: organization.memberIds() }, organizationId: organization.id };
}
