/**
 * What judging costs: 30 rules over one million items of the types they are for, by the code that the service judges
 * with, and rules of customers in CEL beside them. Items are made in slices outside the measured time, as a pass reads
 * them: parsed configurations, accounts of a tree, keys that volumes rest on. Processor time of one core.
 */
import { pathToFileURL } from 'node:url';
import { celPredicate, compileCel } from '../policies/baselines/cel.ts';
import { type CompiledRule, compileGuardrail, type Judging, judge, RuleTable } from '../policies/baselines/compile.ts';
import { readShippedDetective } from '../policies/baselines/files.ts';
import type { Item } from '../policies/baselines/rule.ts';
import { Places } from '../services/org/domain/detective/places.ts';
import { itemAt, keyArn, TYPES } from './detective/items.ts';
import { round } from './engine/measure.ts';
import { report } from './report.ts';
import type { BenchRow } from './row.ts';

const ITEMS = 1_000_000;
const RULES = 30;
const SLICE = 20_000;
const CEL_ITEMS = 200_000;
const ACCOUNTS = 1_000;
const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY_MS = 86_400_000;

export async function run(): Promise<BenchRow[]> {
  const rules = builtIn();
  const chosen = rules.slice(0, RULES);
  const judging = surroundings();
  // What the machine makes of a million objects without any rule: the floor under every figure here.
  pass(ITEMS / 10, chosen, judging);
  const built = pass(ITEMS, chosen, judging);
  const all = pass(ITEMS, rules, judging);
  const cel = pass(CEL_ITEMS, celRules(), judging);
  return [
    {
      name: `${RULES} rules over ${ITEMS / 1e6} million items`,
      value: round(built.seconds),
      unit: 's',
      goal: '< 5',
    },
    { name: 'pairs of rule and item judged in it', value: built.pairs, unit: 'pairs' },
    { name: 'judgements', value: round(built.pairs / built.seconds), unit: 'pairs/s' },
    { name: 'of them non-compliant', value: round((100 * built.bad) / built.pairs), unit: '%' },
    { name: `all ${rules.length} shipped rules over them`, value: round(all.seconds), unit: 's' },
    {
      name: 'a rule of a customer (CEL)',
      value: round(cel.pairs / cel.seconds),
      unit: 'pairs/s',
      baseline: 'judgements',
      ratio: round(cel.pairs / cel.seconds / (built.pairs / built.seconds)),
    },
  ];
}

/** Those for the types of the items first, so that thirty of them have something to judge. */
function builtIn(): CompiledRule[] {
  const compiled = [...readShippedDetective().values()].flatMap((guardrail) => {
    const result = compileGuardrail(guardrail);
    return result.ok ? [result.rule] : [];
  });
  const known = new Set<string>(TYPES);
  const fits = (rule: CompiledRule) => [...rule.types].some((type) => known.has(type));
  return compiled.sort((a, b) => Number(fits(b)) - Number(fits(a)));
}

function celRules(): CompiledRule[] {
  return [
    'resource.configuration.encrypted && resource.tags.env == "prod"',
    'has(resource.tags.owner) && resource.configuration.sizeGiB <= params.most',
  ].map((text, index) => {
    const read = compileCel(text);
    if (!read.ok) throw new Error(read.fault);
    return {
      id: `rule-${index}`,
      severity: 'LOW',
      types: new Set(['ext:volume']),
      everyHours: undefined,
      params: { most: 500 },
      predicate: celPredicate(read.expression, 'not so'),
    };
  });
}

function surroundings(): Judging {
  const accounts = Array.from({ length: ACCOUNTS }, (_, i) => String(100_000_000_000 + i));
  const places = new Places({
    managementAccountId: accounts[0],
    units: [
      { id: 'r-ab12', name: 'Root', parentId: undefined },
      { id: 'ou-ab12-business', name: 'Business', parentId: 'r-ab12' },
    ],
    accounts: accounts.map((accountId) => ({
      accountId,
      name: accountId,
      units: ['r-ab12', 'ou-ab12-business'],
      tags: {},
    })),
  });
  const keys = new Map<string, Item>();
  for (let i = 0; i < ACCOUNTS; i++) {
    const key = { ...itemAt(TYPES.indexOf('kms:key'), NOW, ACCOUNTS), arn: keyArn(i) };
    keys.set(key.arn, { ...key, accountId: accounts[i] as string });
  }
  return {
    now: NOW,
    account: (id) => places.factsOf(id),
    item: (arn) => keys.get(arn),
    freshness: () => 2 * DAY_MS,
  };
}

function pass(count: number, rules: readonly CompiledRule[], judging: Judging) {
  const table = new RuleTable(rules);
  let pairs = 0;
  let bad = 0;
  let micros = 0;
  for (let at = 0; at < count; at += SLICE) {
    const items = Array.from({ length: Math.min(SLICE, count - at) }, (_, i) => itemAt(at + i, NOW, ACCOUNTS));
    const started = process.cpuUsage();
    for (const item of items) {
      for (const rule of table.of(item.type)) {
        pairs++;
        if (judge(rule, item, judging).verdict === 'NON_COMPLIANT') bad++;
      }
    }
    const used = process.cpuUsage(started);
    micros += used.user + used.system;
  }
  return { pairs, bad, seconds: micros / 1e6 };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) report('detective', await run());
