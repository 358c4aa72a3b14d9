/**
 * What-if: recorded decisions asked again under a proposed policy. In process, by processor time of one core: from
 * records in memory as the audit service hands them out, and through the audit service from its SQLite database.
 */
import { pathToFileURL } from 'node:url';
import { compilePolicy } from '../policies/engine/index.ts';
import type { ProposedChange } from '../services/iam/domain/replay/proposed-change.ts';
import { Replayer } from '../services/iam/domain/replay/replayer.ts';
import { Tally } from '../services/iam/domain/replay/tally.ts';
import { round } from './engine/measure.ts';
import { type StoredRecords, storedRecords } from './replay/stored.ts';
import { type Bound, type ReplayWorkload, ROOT, recordedDecisions } from './replay/workload.ts';
import { report } from './report.ts';
import type { BenchRow } from './row.ts';

const DECISIONS = 200_000;
/** As what-if reads them. */
const PAGE = 500;

const elsewhere = { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/17' } };

/** Denies at the root, from half of the addresses. */
function scp(Action: string | string[]): ProposedChange {
  const Statement = { Effect: 'Deny', Action, Resource: '*', Condition: elsewhere };
  return {
    layer: 'scp',
    operation: 'add',
    levelId: ROOT,
    policyId: undefined,
    reaches: () => false,
    policy: compilePolicy({ Version: '2012-10-17', Statement }, { arn: 'request:Changes.1', kind: 'scp' }),
  };
}

function identity(Action: string): ProposedChange {
  const Statement = { Effect: 'Deny', Action, Resource: '*', Condition: elsewhere };
  return {
    layer: 'identity',
    operation: 'add',
    accountId: '100000000007',
    principalIds: undefined,
    policyArn: undefined,
    policy: compilePolicy({ Version: '2012-10-17', Statement }, { arn: 'request:Changes.1', kind: 'identity' }),
  };
}

const CHANGES: readonly [name: string, change: ProposedChange][] = [
  ['one action of one account in fifty', identity('iam:GetUser')],
  ['two of seven actions, everywhere', scp(['s3:Delete*', 's3:PutObject'])],
  ['every action, everywhere', scp('*')],
];

export async function run(): Promise<BenchRow[]> {
  const workload = recordedDecisions(DECISIONS);
  const rows: BenchRow[] = [];
  for (const [name, change] of CHANGES) {
    const { perSecond, share } = measure(workload, change);
    rows.push(
      { name: `${name}: in memory`, value: round(perSecond), unit: 'decisions/s', goal: '>= 100000' },
      { name: `${name}: share that flips`, value: round(share), unit: 'of decisions' },
    );
  }
  return [...rows, ...(await inDatabase(workload))];
}

/** What a user waits for. */
async function inDatabase({ decisions, documents }: ReplayWorkload): Promise<BenchRow[]> {
  const stored = await storedRecords(decisions);
  try {
    await perSecond(stored, () => undefined);
    const rows: BenchRow[] = [];
    for (const [name, change] of CHANGES) {
      const replayer = new Replayer([change], documents);
      const value = round(await perSecond(stored, (page) => void replay(replayer, page)));
      rows.push({ name: `${name}: read from SQLite`, value, unit: 'decisions/s', goal: '>= 100000' });
    }
    const reading = round(await perSecond(stored, () => undefined));
    return [...rows, { name: 'of it, reading alone', value: reading, unit: 'decisions/s' }];
  } finally {
    await stored.close();
  }
}

/** A warm-up of a tenth, then every record once. */
function measure({ decisions, documents }: ReplayWorkload, change: ProposedChange) {
  const replayer = new Replayer([change], documents);
  replay(replayer, decisions.slice(0, decisions.length / 10));
  const before = process.cpuUsage();
  const totals = replay(replayer, decisions);
  const used = process.cpuUsage(before);
  if (totals.Unknown > 0 || totals.NewlyDenied + totals.NewlyAllowed === 0)
    throw new Error('the workload says nothing');
  return {
    perSecond: decisions.length / ((used.user + used.system) / 1e6),
    share: (totals.NewlyDenied + totals.NewlyAllowed) / totals.Decisions,
  };
}

function replay(replayer: Replayer, decisions: readonly Bound[]) {
  const tally = new Tally(undefined);
  for (const { recorded, setting } of decisions) tally.count(recorded, setting, replayer.replay(recorded, setting));
  return tally.totals;
}

async function perSecond(stored: StoredRecords, take: (page: readonly Bound[]) => void): Promise<number> {
  const before = process.cpuUsage();
  let count = 0;
  for await (const decisions of stored.pages(PAGE)) {
    take(decisions);
    count += decisions.length;
  }
  const used = process.cpuUsage(before);
  if (count !== DECISIONS) throw new Error(`${count} of ${DECISIONS} decisions were read`);
  return count / ((used.user + used.system) / 1e6);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) report('replay', await run());
