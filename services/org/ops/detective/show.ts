/** Rows as they are answered. */
import type { OutputOf } from '../../../../platform/contract/operation.ts';
import type { GetResourceConfig, PutResourceConfig } from '../../api/config-resources.ts';
import { shownVerdict } from '../../domain/detective/exceptions.ts';
import type { ConfigItemTable, ConfigVerdictTable, ConfigVersionTable } from '../../store/detective/tables.ts';

export type ShownItem = OutputOf<typeof GetResourceConfig>['Item'];
export type ShownVerdict = OutputOf<typeof PutResourceConfig>['Verdicts'][number];

export function showItem(row: ConfigItemTable): ShownItem {
  return {
    Arn: row.arn,
    ResourceType: row.type,
    AccountId: row.account_id,
    Name: row.name,
    Status: row.status,
    Version: row.version,
    CapturedAt: row.captured_at,
    ConfirmedAt: row.confirmed_at,
    Tags: JSON.parse(row.tags) as Record<string, string>,
  };
}

export function showCause({ event_id, event_name, actor }: ConfigVersionTable) {
  if (event_id === null) return {};
  return { Cause: { EventId: event_id, EventName: event_name ?? '', ...(actor !== null && { ActorArn: actor }) } };
}

export function showVerdict(row: ConfigVerdictTable, now: number): ShownVerdict {
  const shown = shownVerdict(row.verdict, row.exempt_until, now);
  const excepted = shown === 'EXEMPT';
  return {
    Arn: row.arn,
    ResourceType: row.type,
    AccountId: row.account_id,
    RuleId: row.rule_id,
    Severity: row.severity,
    Verdict: shown,
    ...(row.annotation !== null && { Annotation: row.annotation }),
    Since: row.since,
    ...(excepted && {
      VerdictWithoutException: row.verdict,
      ...(row.exception_id !== null && { ExceptionId: row.exception_id }),
      ...(row.exempt_until !== null && { ExemptUntil: row.exempt_until }),
    }),
  };
}
