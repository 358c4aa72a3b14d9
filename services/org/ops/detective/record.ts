/**
 * Records what resources look like. A version is made when name, tags or facts changed, and never otherwise; what a
 * version rests on is judged in the same transaction, and so is what rests on it.
 */
import { relationsOf } from '../../../../policies/baselines/rules/external.ts';
import { factsHash, readConfiguration } from '../../domain/detective/configuration.ts';
import type { Rulebook } from '../../domain/detective/rulebook.ts';
import {
  confirmItems,
  dependents,
  itemsByArn,
  refreshConfiguration,
  writeItems,
  writeRelations,
} from '../../store/detective/items.ts';
import type { ConfigItemTable, Tx } from '../../store/detective/tables.ts';
import { itemOf, judgeItems } from './judge.ts';

export interface Cause {
  readonly eventId: string;
  readonly eventName: string;
  readonly actor: string | undefined;
}

export interface Observation {
  readonly arn: string;
  readonly type: string;
  readonly accountId: string;
  readonly name: string;
  readonly createdAt: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
  /** JSON text; what cannot be read is not recorded. */
  readonly configuration: string;
  readonly deleted: boolean;
  readonly recorder: string;
  readonly observedAt: number;
  readonly cause: Cause | undefined;
}

/** Dependents of a change that are judged at once; the periodic pass meets the others. */
const MOST_DEPENDENTS = 1_000;

export interface Recorded {
  /** As they are now, in the order of the observations that could be read. */
  readonly rows: readonly ConfigItemTable[];
  readonly changed: number;
  /** Of them: resources that were not there, or had been gone. */
  readonly made: number;
}

export async function recordItems(
  tx: Tx,
  book: Rulebook,
  observations: readonly Observation[],
  now: number,
): Promise<Recorded> {
  const known = await itemsByArn(
    tx,
    observations.map((item) => item.arn),
  );
  const was = new Set([...known.values()].filter((row) => row.status === 'OK').map((row) => row.arn));
  const rows: ConfigItemTable[] = [];
  const changed: ConfigItemTable[] = [];
  const stale: ConfigItemTable[] = [];
  const confirmed = new Map<number, string[]>();
  for (const observation of observations) {
    const before = known.get(observation.arn);
    const next = nextRow(observation, before, now);
    if (!next) {
      if (before) rows.push(before);
      continue;
    }
    if (before && next.version === before.version) {
      const wasStale = now - before.confirmed_at > book.freshness(before.account_id, before.type);
      if (wasStale && next.status === 'OK') stale.push(next);
      if (next.configuration !== before.configuration) await refreshConfiguration(tx, next.arn, next.configuration);
      confirmed.set(next.confirmed_at, [...(confirmed.get(next.confirmed_at) ?? []), next.arn]);
    } else changed.push(next);
    known.set(next.arn, next);
    rows.push(next);
  }
  await writeItems(tx, changed);
  for (const [at, arns] of confirmed) await confirmItems(tx, arns, at);
  for (const row of changed) await writeRelations(tx, row.arn, row.status === 'OK' ? relationsOf(itemOf(row)) : []);
  const touched = new Set(changed.map((row) => row.arn));
  const resting = (await dependents(tx, [...touched], MOST_DEPENDENTS)).filter((arn) => !touched.has(arn));
  const others = [...(await itemsByArn(tx, resting)).values()].filter((row) => row.status === 'OK');
  await judgeItems(tx, book, [...changed, ...stale, ...others], now);
  const made = changed.filter((row) => row.status === 'OK' && !was.has(row.arn)).length;
  return { rows, changed: changed.length, made };
}

/** Undefined: nothing to record (gone before it was ever seen, older than what is known, or unreadable). */
function nextRow(seen: Observation, before: ConfigItemTable | undefined, now: number): ConfigItemTable | undefined {
  if (seen.deleted) {
    if (before?.status !== 'OK') return undefined;
    return {
      ...before,
      ...causeColumns(seen),
      status: 'DELETED',
      version: before.version + 1,
      captured_at: now,
      confirmed_at: seen.observedAt,
    };
  }
  if (before && before.confirmed_at > seen.observedAt) return undefined;
  const read = readConfiguration(seen.configuration);
  if (!read.ok) return undefined;
  const hash = factsHash({ name: seen.name, configuration: read.text, tags: seen.tags });
  if (before?.status === 'OK' && before.hash === hash) {
    return { ...before, configuration: read.text, confirmed_at: seen.observedAt };
  }
  return {
    arn: seen.arn,
    account_id: seen.accountId,
    type: seen.type,
    recorder: seen.recorder,
    name: seen.name,
    status: 'OK',
    version: (before?.version ?? 0) + 1,
    created_at: seen.createdAt ?? before?.created_at ?? null,
    captured_at: now,
    confirmed_at: seen.observedAt,
    ...causeColumns(seen),
    hash,
    tags: JSON.stringify(seen.tags),
    configuration: read.text,
  };
}

function causeColumns({ cause }: Observation) {
  return { event_id: cause?.eventId ?? null, event_name: cause?.eventName ?? null, actor: cause?.actor ?? null };
}
