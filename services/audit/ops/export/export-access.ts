/** From the name in a request to an export, and to what is shown of it. */
import type { OutputOf } from '../../../../platform/contract/operation.ts';
import type { Call, Resolved } from '../../../../platform/runtime/call.ts';
import type { DescribeExport } from '../../api/export/exports.ts';
import type { AuditDeps } from '../../deps.ts';
import { type Destination, showDestination } from '../../domain/export/destination.ts';
import type { RecordFilter } from '../../domain/export/filter.ts';
import type { ExportRow } from '../../domain/export/rows.ts';
import { guardedExport } from '../../jobs/export/sealed-secrets.ts';
import { SinkFailure } from '../../jobs/export/sinks/sink.ts';
import { sourceOf } from '../../jobs/export/turn.ts';
import { readExportByName } from '../../store/export/export-queries.ts';
import { newestRefusals, readProgress } from '../../store/export/progress-queries.ts';
import { arrivalAt, endOf, type Source } from '../../store/export/source.ts';

export const EXPORT_TYPE = 'Parapet::Audit::Export';
const SHOWN_REFUSALS = 10;

// biome-ignore lint/suspicious/noExplicitAny: of any operation on an export
export type AnyCall = Call<any>;

export function exportArn({ exports: { partition, region } }: AuditDeps, accountId: string, name: string): string {
  return `arn:${partition}:audit:${region}:${accountId}:export/${name}`;
}

/** Exports are named within the caller's account; there is no way to name one of another. */
export async function resolveExport(call: AnyCall, deps: AuditDeps, name: string): Promise<Resolved<ExportRow>> {
  const { accountId } = call.caller;
  const arn = exportArn(deps, accountId, name);
  const row = await readExportByName(deps.store.read, accountId, name);
  if (row) {
    await deps.guard.verify([guardedExport(row)]);
    call.touches(arn, EXPORT_TYPE, accountId);
    return { targets: [{ resource: arn }], state: row };
  }
  const absent = call.fail('NotFound', `export ${name} does not exist`, {
    hint: 'ListExports shows those of the account',
  });
  return { targets: [{ resource: arn }], state: undefined as never, absent };
}

type Shown = OutputOf<typeof DescribeExport>['Export'];

type Reader = AuditDeps['store']['read'];

/** Undefined: who manages the organization no more sees how far the export was. */
export async function knownSource(deps: AuditDeps, row: ExportRow): Promise<Source | undefined> {
  try {
    return (await sourceOf(deps, row)).source;
  } catch (error) {
    if (error instanceof SinkFailure) return undefined;
    throw error;
  }
}

export async function showExport(
  deps: AuditDeps,
  row: ExportRow,
  source: Source | undefined,
  read: Reader = deps.store.read,
): Promise<Shown> {
  return {
    Arn: exportArn(deps, row.account_id, row.name),
    Name: row.name,
    Description: row.description,
    Scope: row.scope,
    State: row.state,
    Format: row.format,
    Destination: showDestination(JSON.parse(row.destination) as Destination),
    Filter: JSON.parse(row.filter) as RecordFilter,
    CreatedDate: row.created_at,
    LastChangedDate: row.changed_at,
    Status: await statusOf(deps, row, source, read),
  };
}

async function statusOf(
  { clock }: AuditDeps,
  row: ExportRow,
  source: Source | undefined,
  read: Reader,
): Promise<Shown['Status']> {
  const progress = await readProgress(read, row.export_id);
  const position = progress?.position ?? 0;
  const lag = source === undefined ? 0 : Math.max(0, (await endOf(read, source)) - position);
  const arrived = source === undefined || lag === 0 ? undefined : await arrivalAt(read, source, position);
  const refusals = await newestRefusals(read, row.export_id, SHOWN_REFUSALS);
  const waits = row.state === 'ACTIVE' && (progress?.next_at ?? 0) > clock.now();
  return {
    FirstPosition: progress?.first ?? 0,
    Cursor: position,
    LagRecords: lag,
    LagSeconds: arrived === undefined ? 0 : Math.max(0, Math.round((clock.now() - arrived) / 1000)),
    DeliveredRecords: progress?.delivered ?? 0,
    ...(typeof progress?.delivered_at === 'number' && { LastDeliveredDate: progress.delivered_at }),
    ...(typeof progress?.problem === 'string' && { LastError: progress.problem.slice(0, 512) }),
    ...(typeof progress?.problem_at === 'number' && { LastErrorDate: progress.problem_at }),
    ...(waits && progress && { NextAttemptDate: progress.next_at }),
    RefusedRecords: progress?.refused ?? 0,
    NewestRefused: refusals.map(({ event_id, position: Position, reason, refused_at }) => ({
      ...{ EventId: event_id, Position, Reason: reason, Date: refused_at },
    })),
  };
}
