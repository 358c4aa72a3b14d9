/** Judges items by the rules that bind their accounts, and writes what turned. Verdicts that stay are not touched. */
import { type CompiledRule, type Judging, judge } from '../../../../policies/baselines/compile.ts';
import type { Item, JsonObject, Outcome } from '../../../../policies/baselines/rule.ts';
import { relationsOf } from '../../../../policies/baselines/rules/external.ts';
import { type StoredVerdict, shownVerdict } from '../../domain/detective/exceptions.ts';
import type { Rulebook } from '../../domain/detective/rulebook.ts';
import { itemsByArn } from '../../store/detective/items.ts';
import type {
  ConfigItemTable,
  ConfigVerdictChangeTable,
  ConfigVerdictTable,
  Db,
  Tx,
} from '../../store/detective/tables.ts';
import { deleteVerdicts, noteChanges, verdictsOf, writeVerdicts } from '../../store/detective/verdicts.ts';

export function itemOf(row: ConfigItemTable): Item {
  return {
    arn: row.arn,
    type: row.type,
    accountId: row.account_id,
    name: row.name,
    createdAt: row.created_at ?? undefined,
    confirmedAt: row.confirmed_at,
    tags: JSON.parse(row.tags) as Record<string, string>,
    configuration: JSON.parse(row.configuration) as JsonObject,
  };
}

/** What the rules say about items that need not be recorded. */
export async function judgingFor(db: Db, book: Rulebook, items: readonly Item[], now: number): Promise<Judging> {
  const wanted = new Set(items.flatMap(relationsOf));
  const related = new Map(
    [...(await itemsByArn(db, [...wanted]))].flatMap(([arn, row]) =>
      row.status === 'OK' ? [[arn, itemOf(row)] as const] : [],
    ),
  );
  return {
    now,
    account: (accountId) => book.places.factsOf(accountId),
    item: (arn) => related.get(arn),
    freshness: () => Number.POSITIVE_INFINITY,
  };
}

export function rulesFor(book: Rulebook, item: Item): readonly CompiledRule[] {
  return book.rulesOf(item.accountId).of(item.type);
}

/** Answers how many verdicts turned. */
export async function judgeItems(
  tx: Tx,
  book: Rulebook,
  rows: readonly ConfigItemTable[],
  now: number,
): Promise<number> {
  const living = rows.filter((row) => row.status === 'OK');
  const items = new Map(living.map((row) => [row.arn, itemOf(row)]));
  const judging = await judgingFor(tx, book, [...items.values()], now);
  const before = await verdictsOf(
    tx,
    rows.map((row) => row.arn),
  );
  const written: ConfigVerdictTable[] = [];
  const turns: ConfigVerdictChangeTable[] = [];
  for (const row of rows) {
    const known = new Map((before.get(row.arn) ?? []).map((verdict) => [verdict.rule_id, verdict]));
    if (row.status === 'OK') {
      const item = items.get(row.arn) as Item;
      const freshness = book.freshness(item.accountId, item.type);
      for (const rule of rulesFor(book, item)) {
        const outcome = judge(rule, item, { ...judging, freshness: () => freshness });
        if (outcome.verdict === 'NOT_APPLICABLE') continue;
        const earlier = known.get(rule.id);
        known.delete(rule.id);
        const next = verdictRow(book, rule, item, outcome, earlier, now);
        if (!next) continue;
        written.push(next);
        note(turns, row.arn, rule.id, earlier, next, now);
      }
    }
    // What is left is said no more: the rule is out of force or does not apply, or the resource is gone.
    await deleteVerdicts(tx, row.arn, [...known.keys()]);
    for (const [ruleId, earlier] of known) note(turns, row.arn, ruleId, earlier, undefined, now);
  }
  await writeVerdicts(tx, written);
  await noteChanges(tx, turns);
  return turns.length;
}

/** Undefined: nothing about it changed. */
function verdictRow(
  book: Rulebook,
  rule: CompiledRule,
  item: Item,
  outcome: Outcome,
  earlier: ConfigVerdictTable | undefined,
  now: number,
): ConfigVerdictTable | undefined {
  const units = book.places.unitsOf(item.accountId);
  const exception = book.exceptionFor({ arn: item.arn, accountId: item.accountId, units, ruleId: rule.id }, now);
  const next: ConfigVerdictTable = {
    arn: item.arn,
    rule_id: rule.id,
    account_id: item.accountId,
    type: item.type,
    severity: rule.severity,
    verdict: outcome.verdict as StoredVerdict,
    annotation: outcome.annotation ?? null,
    since: earlier && earlier.verdict === outcome.verdict ? earlier.since : now,
    exception_id: exception?.id ?? null,
    exempt_until: exception?.expiresAt ?? null,
  };
  return earlier && same(earlier, next) ? undefined : next;
}

function same(a: ConfigVerdictTable, b: ConfigVerdictTable): boolean {
  return (
    a.verdict === b.verdict &&
    a.annotation === b.annotation &&
    a.severity === b.severity &&
    a.exception_id === b.exception_id &&
    a.exempt_until === b.exempt_until
  );
}

function note(
  turns: ConfigVerdictChangeTable[],
  arn: string,
  rule_id: string,
  earlier: ConfigVerdictTable | undefined,
  next: ConfigVerdictTable | undefined,
  now: number,
): void {
  const shown = (row: ConfigVerdictTable | undefined) =>
    row ? shownVerdict(row.verdict, row.exempt_until, now) : null;
  const before = shown(earlier);
  const after = shown(next);
  if (before !== after) turns.push({ arn, at: now, rule_id, before, after });
}
