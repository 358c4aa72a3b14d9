/** Looking at recorded resources: one, many, and the timeline of one. */
import { parseArn } from '../../../../platform/contract/arn.ts';
import type { Resolved } from '../../../../platform/runtime/call.ts';
import { judge } from '../../../../policies/baselines/compile.ts';
import type { Item } from '../../../../policies/baselines/rule.ts';
import {
  EvaluateResourceConfig,
  GetResourceConfig,
  GetResourceConfigHistory,
  ListResourceConfigs,
} from '../../api/config-resources.ts';
import type { OrgDeps } from '../../deps.ts';
import { canonicalText } from '../../domain/detective/configuration.ts';
import { differences } from '../../domain/detective/difference.ts';
import type { JsonValue } from '../../domain/detective/json-schema.ts';
import { externalArn } from '../../domain/detective/names.ts';
import { itemByArn, listItems, type Place, versionOf, versionsBelow } from '../../store/detective/items.ts';
import type { ConfigItemTable, ConfigVersionTable } from '../../store/detective/tables.ts';
import { changesBetween, verdictsOf } from '../../store/detective/verdicts.ts';
import { implement } from '../implement.ts';
import type { AnyCall } from '../standing.ts';
import { judgingFor, rulesFor } from './judge.ts';
import { filterPage, openAt } from './pages.ts';
import { asViewer, chosenAccounts, viewerOf } from './reach.ts';
import { readFacts } from './registration.ts';
import { showCause, showItem, showVerdict } from './show.ts';

const MOST_TURNS = 1_000;

/** A recorded resource within the reach of the caller. The account in an ARN is no secret: the caller wrote it. */
async function aboutItem(call: AnyCall, deps: OrgDeps, arn: string): Promise<Resolved<ConfigItemTable>> {
  const viewer = await viewerOf(call, deps);
  const row = await itemByArn(deps.store.read, arn);
  const found = row && viewer.places.reaches(viewer.accountId, row.account_id) ? row : undefined;
  // Judged as a resource of the caller's own view: what it may see was decided by its reach.
  const resource = parseArn(arn) ? arn : '*';
  return {
    targets: [
      {
        resource,
        accountId: call.caller.accountId,
        ...(found && { resourceTags: JSON.parse(found.tags) as Record<string, string> }),
      },
    ],
    state: found as ConfigItemTable,
    ...(!found && { absent: call.fail('NotFound', `resource ${arn} is not recorded`) }),
  };
}

export const getResourceConfig = implement(GetResourceConfig, {
  resolve: (call, input, deps) => aboutItem(call, deps, input.Arn),
  async run(call, input, row, deps) {
    const db = deps.store.read;
    const verdicts = (await verdictsOf(db, [row.arn])).get(row.arn) ?? [];
    const shown = input.AsOf === undefined ? row : await asOf(deps, row, input.AsOf);
    if (!shown) throw call.fail('NotFound', `resource ${row.arn} was not recorded at that time`);
    return {
      Item: showItem({ ...row, ...shown }),
      Configuration: shown.configuration,
      ...showCause(shown),
      Verdicts: verdicts.map((verdict) => showVerdict(verdict, call.now)),
    };
  },
});

async function asOf(deps: OrgDeps, row: ConfigItemTable, to: number): Promise<ConfigVersionTable | undefined> {
  const [version] = await versionsBelow(deps.store.read, row.arn, { below: row.version + 1, to }, 1);
  return version;
}

export const listResourceConfigs = implement(ListResourceConfigs, {
  resolve: (call, _input, deps) => asViewer(call, deps),
  async run(call, input, viewer, deps) {
    const filters = { type: input.ResourceType, account: input.AccountId, status: input.Status ?? 'OK' } as const;
    const page = openAt<Place>(deps, call, input, filters);
    const chosen = new Set(chosenAccounts(call, viewer, input));
    const only = chosen.size === 1 ? [...chosen][0] : undefined;
    const { rows, ...next } = await filterPage<ConfigItemTable, Place>(
      page,
      (after, limit) => listItems(deps.store.read, { ...filters, account: only }, after, limit),
      (row) => ({ account: row.account_id, arn: row.arn }),
      (row) => chosen.has(row.account_id),
    );
    return { Items: rows.map(showItem), ...next };
  },
});

export const getResourceConfigHistory = implement(GetResourceConfigHistory, {
  resolve: (call, input, deps) => aboutItem(call, deps, input.Arn),
  async run(call, input, row, deps) {
    const db = deps.store.read;
    const filters = { arn: input.Arn, from: input.From, to: input.To };
    const page = openAt<number>(deps, call, input, filters);
    const below = page.after ?? row.version + 1;
    const found = await versionsBelow(db, row.arn, { below, from: input.From, to: input.To }, page.limit + 1);
    const shown = found.slice(0, page.limit);
    const last = shown.at(-1);
    const earlier = last && (found[page.limit] ?? (await versionOf(db, row.arn, last.version - 1)));
    const turns = last
      ? await changesBetween(db, row.arn, last.captured_at, await endOf(deps, row, shown[0]), MOST_TURNS)
      : [];
    return {
      Versions: shown.map((version, index) => showVersion(version, shown[index + 1] ?? earlier)),
      VerdictChanges: turns.map((turn) => ({
        At: turn.at,
        RuleId: turn.rule_id,
        ...(turn.before !== null && { Before: turn.before as 'COMPLIANT' }),
        ...(turn.after !== null && { After: turn.after as 'COMPLIANT' }),
      })),
      ...(found.length > page.limit && last && { NextToken: page.seal(last.version) }),
    };
  },
});

/** When the newest version of a page was followed by the next one. */
async function endOf(deps: OrgDeps, row: ConfigItemTable, newest: ConfigVersionTable | undefined): Promise<number> {
  if (!newest || newest.version >= row.version) return Number.MAX_SAFE_INTEGER;
  return (await versionOf(deps.store.read, row.arn, newest.version + 1))?.captured_at ?? Number.MAX_SAFE_INTEGER;
}

function showVersion(version: ConfigVersionTable, before: ConfigVersionTable | undefined) {
  const facts = (row: ConfigVersionTable): JsonValue => ({
    configuration: JSON.parse(row.configuration) as JsonValue,
    tags: JSON.parse(row.tags) as JsonValue,
    name: row.name,
    status: row.status,
  });
  const changes = before ? differences(facts(before), facts(version)) : [];
  return {
    Version: version.version,
    CapturedAt: version.captured_at,
    Status: version.status,
    ...showCause(version),
    Changes: changes.map(({ path, before: old, after }) => ({
      Path: path,
      ...(old !== undefined && { Before: canonicalText(old) }),
      ...(after !== undefined && { After: canonicalText(after) }),
    })),
    Configuration: version.configuration,
    Tags: JSON.parse(version.tags) as Record<string, string>,
  };
}

export const evaluateResourceConfig = implement(EvaluateResourceConfig, {
  resolve: (call, _input, deps) => asViewer(call, deps),
  async run(call, input, { book }, deps) {
    const configuration = await readFacts(call, deps, input);
    const { accountId } = call.caller;
    const item: Item = {
      arn: externalArn(deps.settings.partition, accountId, input.ResourceType, 'proposed'),
      type: input.ResourceType,
      accountId,
      name: 'proposed',
      createdAt: undefined,
      confirmedAt: call.now,
      tags: input.Tags ?? {},
      configuration,
    };
    const judging = await judgingFor(deps.store.read, book, [item], call.now);
    return {
      Verdicts: rulesFor(book, item).map((rule) => {
        const { verdict, annotation } = judge(rule, item, judging);
        return {
          RuleId: rule.id,
          Severity: rule.severity,
          Verdict: verdict,
          ...(annotation !== undefined && { Annotation: annotation }),
        };
      }),
    };
  },
});
