/**
 * `parapet audit reconcile`: whether what an export sent is where it was sent to. Reads the files of the receiver on this
 * machine and the records of the account from the service, and compares them. Exit code 0: everything is there, 4: records
 * are missing, 7: records were changed, or are in no log.
 */
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import { passes } from '../../services/audit/domain/export/filter.ts';
import { type ReconcileReport, Reconciler } from '../../services/audit/domain/export/reconcile.ts';
import { type NumberedRecord, readRecorded } from '../../services/audit/domain/export/recorded.ts';
import { EXIT, Exit } from '../exit-code.ts';
import { print } from '../output/print.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';

interface ReconcileOptions extends SharedOptions {
  export: string;
  folder?: string;
  lines?: string[];
}

const PAGE = 1_000;
const SHOWN = 20;
const SINK_DIFFERS = 7;

type Client = ReturnType<typeof createParapet>;

export function addAuditReconcileCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('reconcile')
    .description(
      'Compare what an export has sent with what is where it was sent to. Exit code 0: everything is there, 4: records are missing, 7: records were changed or are in no log.',
    )
    .requiredOption('--export <name>', 'the export')
    .option('--folder <path>', 'folder of an archive')
    .option('--lines <file...>', 'files with a record a line: as JSON, or as a syslog daemon wrote it');
  addSharedOptions(command, 'table').action(async (options: ReconcileOptions) => {
    if ((options.folder === undefined) === (options.lines === undefined))
      throw new UsageError('name what the receiver holds: --folder or --lines');
    const client = createParapet(await clientOptions(terminal, options));
    let report: ReconcileReport;
    try {
      report = await reconcile(terminal, client, options);
    } finally {
      client.close();
    }
    if (options.output === 'json') print(terminal, report, 'json');
    else terminal.out(summary(report));
    if (report.missing.length > 0) throw new Exit(EXIT.unreachable);
    if (report.changed.length + report.extra.length > 0) throw new Exit(SINK_DIFFERS);
  });
}

async function reconcile(terminal: Terminal, client: Client, options: ReconcileOptions): Promise<ReconcileReport> {
  const { Account: accountId } = await client.sts.getCallerIdentity();
  // How far it is comes first: what is sent meanwhile may be there, but need not.
  const { Export } = await client.audit.describeExport({ Name: options.export });
  const { Format, Scope, Filter, Status } = Export;
  const reconciler = new Reconciler({ format: Format, accountId });
  for await (const json of held(options)) reconciler.holds(json);
  let next: number | undefined = 1;
  while (next !== undefined) {
    const page: Awaited<ReturnType<Client['audit']['readStream']>> = await client.audit.readStream({
      FromSequence: next,
      Limit: PAGE,
    });
    for (const { Sequence, Record, LogPosition } of page.Records) {
      const record: NumberedRecord = { ...identify(Record), accountId, sequence: Sequence, time: 0, text: Record };
      if (!passes(Filter, readRecorded(record))) continue;
      const position = Scope === 'ACCOUNT' ? Sequence : (LogPosition ?? -1);
      reconciler.logged(record, position >= Status.FirstPosition && position < Status.Cursor);
    }
    const last = page.Records.at(-1)?.Sequence ?? page.Head.Sequence;
    terminal.err(`reconciling export ${options.export}: ${last} of ${page.Head.Sequence}\n`);
    next = page.NextSequence;
  }
  return reconciler.end();
}

function identify(record: string): { eventId: string } {
  try {
    const { eventID } = JSON.parse(record) as { eventID?: unknown };
    return { eventId: typeof eventID === 'string' ? eventID : '' };
  } catch {
    return { eventId: '' };
  }
}

async function* held({ folder, lines = [] }: ReconcileOptions): AsyncGenerator<string> {
  if (folder !== undefined) {
    for (const path of archiveFiles(folder)) {
      const { Records } = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as { Records: unknown[] };
      for (const record of Records) yield JSON.stringify(record);
    }
  }
  for (const file of lines) {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      // What a syslog daemon writes before the message has no brace.
      const start = line.indexOf('{');
      if (start >= 0) yield line.slice(start);
    }
  }
}

function archiveFiles(folder: string): string[] {
  const found = readdirSync(folder, { recursive: true }) as string[];
  return found
    .filter((path) => /(^|\/)CloudTrail\//.test(path) && path.endsWith('.json.gz'))
    .sort()
    .map((path) => join(folder, path));
}

const WORDS = [
  ['missing', 'are missing'],
  ['changed', 'are not what was sent'],
  ['extra', 'are in no log of this account'],
] as const;

function summary(report: ReconcileReport): string {
  const faults = WORDS.flatMap(([name, words]) => {
    const ids = report[name];
    if (ids.length === 0) return [];
    const more = ids.length > SHOWN ? `  and ${ids.length - SHOWN} more\n` : '';
    return [
      `DIFFERS: ${ids.length} records ${words}\n${ids
        .slice(0, SHOWN)
        .map((id) => `  ${id}\n`)
        .join('')}${more}`,
    ];
  });
  const notes = [
    ...(report.duplicates.length > 0 ? [`${report.duplicates.length} were sent more than once\n`] : []),
    ...(report.others > 0 ? [`${report.others} are of other accounts and were not judged\n`] : []),
    ...(report.unreadable > 0 ? [`${report.unreadable} lines are no records\n`] : []),
  ];
  const ok = faults.length === 0 ? [`ok: ${report.expected} records, all are there as they were sent\n`] : [];
  return [...ok, ...faults, ...notes].join('');
}
