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

const IN_MEMORY = 200_000;
const IN_DATABASE = 20_000;
/** As what-if reads them. */
const PAGE = 500;

const scp: ProposedChange = {
  layer: 'scp',
  operation: 'add',
  levelId: ROOT,
  policyId: undefined,
  reaches: () => false,
  policy: compilePolicy(
    {
      Version: '2012-10-17',
      Statement: {
        Effect: 'Deny',
        Action: ['s3:Delete*', 's3:PutObject'],
        Resource: '*',
        Condition: { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/17' } },
      },
    },
    { arn: 'request:Changes.1', kind: 'scp' },
  ),
};

const identity: ProposedChange = {
  layer: 'identity',
  operation: 'replace',
  accountId: '100000000007',
  principalIds: undefined,
  policyArn: 'arn:aws:iam::100000000007:policy/p3',
  policy: compilePolicy(
    { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:Get*', Resource: '*' } },
    { arn: 'request:Changes.1', kind: 'identity' },
  ),
};

export async function run(): Promise<BenchRow[]> {
  const stored = await inDatabase();
  const workload = recordedDecisions(IN_MEMORY);
  const everywhere = measure(workload, scp);
  const somewhere = measure(workload, identity);
  return [
    {
      name: `SCP at the root, ${IN_MEMORY} records in memory`,
      value: round(everywhere.perSecond),
      unit: 'decisions/s',
      goal: '>= 100000',
    },
    { name: 'SCP at the root, share that flips', value: round(everywhere.share), unit: 'of decisions' },
    {
      name: 'policy of one account in fifty, records in memory',
      value: round(somewhere.perSecond),
      unit: 'decisions/s',
    },
    {
      name: `SCP at the root, ${IN_DATABASE} records read from SQLite`,
      value: round(stored.whole),
      unit: 'decisions/s',
      goal: '>= 100000',
    },
    { name: 'of it, reading the records alone', value: round(stored.reading), unit: 'decisions/s' },
  ];
}

/** What a user waits for: most of it is reading and parsing whole records, two kilobytes each. */
async function inDatabase(): Promise<{ whole: number; reading: number }> {
  const workload = recordedDecisions(IN_DATABASE);
  const stored = await storedRecords(workload.decisions);
  try {
    await perSecond(stored, () => undefined);
    const reading = await perSecond(stored, () => undefined);
    const replayer = new Replayer([scp], workload.documents);
    const whole = await perSecond(stored, (decisions) => void replay(replayer, decisions));
    return { whole, reading };
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
  for (const { recorded, stack } of decisions) tally.count(recorded, replayer.replay(recorded, stack));
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
  if (count !== IN_DATABASE) throw new Error(`${count} of ${IN_DATABASE} decisions were read`);
  return count / ((used.user + used.system) / 1e6);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) report('replay', await run());
