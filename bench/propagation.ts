/**
 * How long one change of a large organization takes until every node decides by it: 10,000 accounts in 1,200 units, five
 * policies at every node, every service in a process of its own. A member asks all of them over and over while the
 * change is made; what counts is the answer of the one that sees it last, from the moment the change was sent.
 */
import { Agent } from 'node:https';
import { pathToFileURL } from 'node:url';
import type { OrganizationData } from '../platform/authz/organization-data.ts';
import { Random } from '../policies/engine/testing/random.ts';
import type { Credentials } from '../test/harness/clients.ts';
import { createGuardrail, ensureOrganization, joinedAccount, org } from '../test/harness/organization.ts';
import { type Running, startParapet } from '../test/harness/server.ts';
import { send } from '../test/harness/signed.ts';
import { round } from './engine/measure.ts';
import { ACCOUNTS, FULL, organization, POLICIES_PER_NODE, ROOT, UNITS } from './guardrails/organization.ts';
import { seed } from './guardrails/seed.ts';
import { report } from './report.ts';
import type { BenchRow } from './row.ts';

const ENGINE = process.env.PARAPET_TEST_ENGINE === 'postgres' ? 'postgres' : 'sqlite';
const CHANGES = Number(process.env.PARAPET_BENCH_CHANGES ?? 100);
const MOVES = Number(process.env.PARAPET_BENCH_MOVES ?? 20);
const MOVED_ACCOUNTS = 2_000;
const TEAMS = 10;
const PAUSE_MS = 5;
const PATIENCE_MS = 20_000;

const LEFT = 'ou-ab12-left0000';
const RIGHT = 'ou-ab12-right000';
const MOVED = 'ou-ab12-moved000';
const team = (number: number) => `ou-ab12-team000${number}`;

/** One question to each service that a member may ask unless a guardrail denies everything. */
const NODES: readonly { name: string; method: string; path: string; body?: string }[] = [
  { name: 'iam', method: 'POST', path: '/v1/iam/list-users', body: '{}' },
  { name: 'kms', method: 'POST', path: '/v1/kms/list-keys', body: '{}' },
  { name: 'org', method: 'POST', path: '/v1/org/describe-organization', body: '{}' },
  { name: 'audit', method: 'GET', path: '/v1/audit/head' },
];

export async function run(): Promise<BenchRow[]> {
  const env = { PARAPET_LOG_LEVEL: 'warn', PARAPET_RATE_PRINCIPAL: '1000000' };
  const server = await startParapet({ shape: 'micro', engine: ENGINE, env });
  try {
    const { rootId } = await ensureOrganization(server);
    const member = await joinedAccount(server);
    await server.terminate();
    await seed(server, withMovedUnit());
    await server.start();
    await org(server, 'move-account', {
      AccountId: member.accountId,
      SourceParentId: rootId,
      DestinationParentId: team(0),
    });
    const deny = await createGuardrail(server, { Effect: 'Deny', Action: '*', Resource: '*' });
    await org(server, 'attach-policy', { PolicyId: deny, TargetId: RIGHT });
    const watch = new Watch(server, member.credentials);
    await watch.until('allowed');
    const policies = await measure(watch, CHANGES, 'attach-policy', 'detach-policy', () => ({
      PolicyId: deny,
      TargetId: member.accountId,
    }));
    const moves = await measure(watch, MOVES, 'move-organizational-unit', 'move-organizational-unit', (isFirst) => ({
      OrganizationalUnitId: MOVED,
      DestinationParentId: isFirst ? RIGHT : LEFT,
    }));
    const size = `${ACCOUNTS} accounts, ${UNITS} units, ${POLICIES_PER_NODE} policies per node`;
    const where = `${NODES.length} services, ${ENGINE}`;
    return [
      ...rows(`policy attached or detached (${size}; ${where})`, policies),
      ...rows(`unit with ${MOVED_ACCOUNTS} accounts moved`, moves),
    ];
  } finally {
    await server.stop();
  }
}

/** The last units are the ones that are measured: the moved one, its teams, and the two places it goes between. */
function withMovedUnit(): OrganizationData {
  const data = organization(new Random(7), UNITS - TEAMS - 3);
  const own = [
    { Id: LEFT, ParentId: ROOT, Name: 'left' },
    { Id: RIGHT, ParentId: ROOT, Name: 'right' },
    { Id: MOVED, ParentId: LEFT, Name: 'moved' },
    ...Array.from({ length: TEAMS }, (_, n) => ({ Id: team(n), ParentId: MOVED, Name: `team ${n}` })),
  ];
  const policies = [FULL, ...data.Policies.slice(1, POLICIES_PER_NODE).map(({ Id }) => Id)];
  return {
    ...data,
    Units: [...data.Units, ...own],
    Accounts: data.Accounts.map((account, n) =>
      n < MOVED_ACCOUNTS ? { ...account, ParentId: team(n % TEAMS) } : account,
    ),
    Attachments: [
      ...data.Attachments,
      ...own.flatMap(({ Id }) => policies.map((PolicyId) => ({ TargetId: Id, PolicyId, Mode: 'enforce' as const }))),
    ],
  };
}

interface Lap {
  /** Until the change was answered. */
  answered: number;
  /** Until the last node decided by it, from when it was sent. */
  seen: number;
}

/** Every second change takes back the one before. */
async function measure(
  watch: Watch,
  times: number,
  away: string,
  back: string,
  input: (isFirst: boolean) => object,
): Promise<Lap[]> {
  const laps: Lap[] = [];
  for (let turn = 0; turn < times; turn++) {
    const isFirst = turn % 2 === 0;
    const from = performance.now();
    const seen = watch.until(isFirst ? 'denied' : 'allowed');
    await org(watch.server, isFirst ? away : back, input(isFirst));
    const answered = performance.now() - from;
    await seen;
    laps.push({ answered, seen: performance.now() - from });
  }
  return laps;
}

class Watch {
  readonly server: Running;
  private readonly credentials: Credentials;
  private readonly agent: Agent;

  constructor(server: Running, credentials: Credentials) {
    this.server = server;
    this.credentials = credentials;
    this.agent = new Agent({ keepAlive: true, ca: server.ca });
  }

  /** Resolves when every node answers like this. */
  async until(wanted: 'allowed' | 'denied'): Promise<void> {
    await Promise.all(NODES.map((node) => this.one(node, wanted)));
  }

  private async one({ name, ...request }: (typeof NODES)[number], wanted: 'allowed' | 'denied'): Promise<void> {
    const { server, credentials, agent } = this;
    const begun = performance.now();
    const headers = { 'content-type': 'application/json' };
    for (;;) {
      const { status, text } = await send(server, { ...request, headers, credentials, agent });
      // A node that cannot confirm what it knows refuses to answer: it does not decide by the change yet.
      if (status !== 200 && status !== 403 && status !== 503) throw new Error(`${name} answered ${status}: ${text}`);
      if (status === (wanted === 'allowed' ? 200 : 403)) return;
      if (performance.now() - begun > PATIENCE_MS) throw new Error(`${name} does not see the change: ${text}`);
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
  }
}

function rows(name: string, laps: readonly Lap[]): BenchRow[] {
  const seen = sorted(laps.map((lap) => lap.seen));
  const answered = sorted(laps.map((lap) => lap.answered));
  return [
    { name: `${name}: answered, p50`, value: round(at(answered, 0.5)), unit: 'ms' },
    { name: `${name}: decided by on every node, p50`, value: round(at(seen, 0.5)), unit: 'ms' },
    { name: `${name}: decided by on every node, p99`, value: round(at(seen, 0.99)), unit: 'ms', goal: '< 1000' },
    { name: `${name}: decided by on every node, slowest`, value: round(seen.at(-1) as number), unit: 'ms' },
  ];
}

const sorted = (values: number[]) => values.sort((a, b) => a - b);
const at = (values: readonly number[], share: number) => values[Math.ceil(values.length * share) - 1] as number;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) report('propagation', await run());
