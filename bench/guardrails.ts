/**
 * The guardrails of a large organization: 10,000 accounts in 1,200 units, five policies at every node. What it costs to
 * take the view over, to decide about an account for the first time after a change, and to decide again. Nothing
 * remembers a decision: every one is evaluated level by level.
 */
import { pathToFileURL } from 'node:url';
import { GuardrailSets } from '../platform/authz/guardrail-sets.ts';
import type { OrganizationData } from '../platform/authz/organization-data.ts';
import { OrganizationSnapshot } from '../platform/authz/organization-snapshot.ts';
import { decoder, encoder } from '../platform/contract/codec.ts';
import { shapeTree } from '../platform/contract/shape-tree.ts';
import { type AuthorizationRequest, evaluate } from '../policies/engine/index.ts';
import { Random } from '../policies/engine/testing/random.ts';
import { GetOrganizationChanges, GetOrganizationView } from '../services/org/api/internal.ts';
import { callsPerSecond, latency, round } from './engine/measure.ts';
import {
  ACCOUNTS,
  account,
  organization,
  POLICIES_PER_NODE,
  SERVICES,
  STATEMENTS,
  UNITS,
} from './guardrails/organization.ts';
import { report } from './report.ts';
import type { BenchRow } from './row.ts';

export async function run(): Promise<BenchRow[]> {
  const random = new Random(7);
  const data = organization(random);
  const text = JSON.stringify(data);
  const sets = newSets();
  const everybody = Array.from({ length: ACCOUNTS }, (_, number) => request(account(number), random));
  const before = heapMegabytes();
  const snapshot = new OrganizationSnapshot(data, sets);
  const compiled = milliseconds(() => decideAll(snapshot, everybody));
  const after = heapMegabytes();

  const crossing = best(3, () => milliseconds(() => void cross(GetOrganizationView.output, data)));
  const told = oneMove(data);
  const telling = best(3, () => milliseconds(() => void cross(GetOrganizationChanges.output, told)));
  const changing = best(5, () => milliseconds(() => void snapshot.changed({ ...told.Changes, Revision: 2 })));
  const moved = { ...data, Revision: data.Revision + 1 };
  const build = best(5, () => milliseconds(() => new OrganizationSnapshot(moved, sets)));
  const next = new OrganizationSnapshot(moved, sets);
  const first = milliseconds(() => decideAll(next, everybody));

  const requests = Array.from({ length: 4_096 }, () => request(account(random.below(ACCOUNTS)), random));
  let turn = 0;
  const decide = () => {
    const asked = requests[turn++ & 4_095] as AuthorizationRequest;
    if (ceiling(snapshot, asked) === 'error') throw new Error('the workload cannot be decided');
  };
  const perSecond = callsPerSecond(decide, 2);
  const laps = latency(decide, 20, 10_000);
  const size = `${ACCOUNTS} accounts, ${UNITS} units, ${POLICIES_PER_NODE} policies of ${STATEMENTS} statements per node`;
  return [
    { name: `view: ${size}`, value: round(text.length / 1e6), unit: 'MB of JSON' },
    { name: 'view: into and out of the reply of another process', value: round(crossing), unit: 'ms', goal: '< 500' },
    { name: 'one change: into and out of the reply of another process', value: round(telling), unit: 'ms' },
    { name: 'one change: put into the snapshot', value: round(changing), unit: 'ms', goal: '< 50' },
    { name: 'view: build the snapshot', value: round(build), unit: 'ms', goal: '< 200' },
    { name: 'view: every policy compiled, every account decided once', value: round(compiled), unit: 'ms' },
    // Only where the process can be told to collect first (node --expose-gc).
    ...(before === undefined || after === undefined
      ? []
      : [{ name: 'view: memory of it, compiled', value: round(after - before), unit: 'MB', goal: '< 200' }]),
    {
      name: 'ceiling: first decision about an account after a change',
      value: round((first * 1000) / ACCOUNTS),
      unit: 'us',
      goal: '< 60',
    },
    { name: 'ceiling: uncached decision, mean', value: round(1e6 / perSecond), unit: 'us', goal: '< 60' },
    { name: 'ceiling: uncached decision, p50', value: laps.p50Microseconds, unit: 'us' },
    { name: 'ceiling: uncached decision, p99', value: laps.p99Microseconds, unit: 'us', goal: '< 100' },
    { name: 'ceiling: p99 of the quietest of 20 rounds', value: laps.quietestP99Microseconds, unit: 'us' },
  ];
}

/** What a change costs a node that asks org over the network, without the network. */
function cross(output: Parameters<typeof shapeTree>[0], data: object): unknown {
  const shape = shapeTree(output);
  return decoder(shape, 'native')(JSON.parse(JSON.stringify(encoder(shape, 'native')(data))));
}

/** What nodes are told when an account has moved. */
function oneMove({ Accounts, Attachments, Units }: OrganizationData) {
  const [moved] = Accounts as [OrganizationData['Accounts'][number]];
  return {
    Revision: 2,
    Changes: {
      Objects: [moved.Id],
      Units: [],
      Accounts: [{ ...moved, ParentId: Units[0]?.Id as string }],
      Policies: [],
      Attachments: Attachments.filter(({ TargetId }) => TargetId === moved.Id),
    },
  };
}

/** What the decision point does about guardrails: the levels of caller and owner, and their evaluation. */
function ceiling(snapshot: OrganizationSnapshot, asked: AuthorizationRequest): string {
  const { accountId } = asked.principal;
  return evaluate(asked, snapshot.guardrails(accountId, accountId)).reason;
}

function decideAll(snapshot: OrganizationSnapshot, requests: readonly AuthorizationRequest[]): void {
  for (const asked of requests) ceiling(snapshot, asked);
}

/** The root user: what is left when the ceiling allows is decided at once. */
function request(accountId: string, random: Random): AuthorizationRequest {
  const service = random.pick(SERVICES);
  const action = `${service}:Action${random.below(40)}`;
  return {
    principal: { kind: 'root', arn: `arn:aws:iam::${accountId}:root`, accountId },
    action,
    resource: `arn:aws:${service}:local-1:${accountId}:thing/${random.below(1000)}`,
    resourceAccount: accountId,
    context: new Map([
      ['aws:requestedregion', 'local-1'],
      ['aws:principaltag/team', `team-${random.below(20)}`],
      ['aws:multifactorauthpresent', 'true'],
      ['aws:sourceip', '10.1.2.3'],
    ]),
  };
}

function newSets(): GuardrailSets {
  return new GuardrailSets((arn, error) => {
    throw new Error(`${arn} cannot be read: ${error}`);
  });
}

/** Of processor time, so that neighbours on the machine do not count. */
function milliseconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}

function best(times: number, measure: () => number): number {
  return Math.min(...Array.from({ length: times }, measure));
}

function heapMegabytes(): number | undefined {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  return gc && process.memoryUsage().heapUsed / 1e6;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) report('guardrails', await run());
