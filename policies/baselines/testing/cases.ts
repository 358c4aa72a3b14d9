/** The cases of a guardrail, and what surrounds them: one organization, one moment. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Judging } from '../compile.ts';
import { type AccountFacts, type Item, type JsonObject, VERDICTS } from '../rule.ts';

export const NOW = Date.parse('2026-06-01T00:00:00Z');
export const HOME = '111122223333';
const DAY_MS = 86_400_000;

const Configuration = z.record(z.string(), z.unknown());
const Related = z.strictObject({
  arn: z.string(),
  type: z.string(),
  accountId: z.string().default(HOME),
  configuration: Configuration,
});
const Case = z.strictObject({
  title: z.string(),
  verdict: z.enum(VERDICTS),
  type: z.string().optional(),
  configuration: Configuration,
  tags: z.record(z.string(), z.string()).default({}),
  confirmedDaysAgo: z.number().default(0),
  account: z
    .strictObject({
      management: z.boolean().optional(),
      units: z.array(z.string()).optional(),
      unitNames: z.array(z.string()).optional(),
    })
    .default({}),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])).default({}),
  related: z.array(Related).default([]),
});
export type Case = z.output<typeof Case>;

export function casesOf(id: string): Case[] {
  return z.array(Case).parse(parse(readFileSync(new URL(`../cases/${id}.yaml`, import.meta.url), 'utf8')));
}

export const ACCOUNT: AccountFacts = {
  id: HOME,
  name: 'payments',
  management: false,
  units: ['r-ab12', 'ou-ab12-business'],
  unitNames: ['Root', 'Business'],
  organization: new Set([HOME, '444455556666']),
  tags: {},
};

export function itemOf(row: Pick<Case, 'configuration' | 'tags' | 'confirmedDaysAgo'>, type: string): Item {
  return {
    arn: `arn:aws:test::${HOME}:thing/1`,
    type,
    accountId: HOME,
    name: '1',
    createdAt: NOW - 365 * DAY_MS,
    confirmedAt: NOW - row.confirmedDaysAgo * DAY_MS,
    tags: row.tags,
    configuration: row.configuration as JsonObject,
  };
}

export function judgingOf(row: Pick<Case, 'account' | 'related'>): Judging {
  const related = new Map(
    row.related.map(({ arn, type, accountId, configuration }) => {
      const item = itemOf({ configuration, tags: {}, confirmedDaysAgo: 0 }, type);
      return [arn, { ...item, arn, accountId }] as const;
    }),
  );
  const given = Object.fromEntries(Object.entries(row.account).filter(([, value]) => value !== undefined));
  return {
    now: NOW,
    account: () => ({ ...ACCOUNT, ...given }),
    item: (arn) => related.get(arn),
    freshness: () => 2 * DAY_MS,
  };
}
