/**
 * `parapet audit verify`: recomputes the hash chain of the account on this machine, from the records the service
 * answers. Exit code 0 whole, 2 broken, 4 records are missing (or the service cannot be reached).
 */
import type { Command } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import type { StreamPosition } from '../../services/audit/domain/chain.ts';
import { type StreamFault, type StreamReport, verifyStream } from '../../services/audit/domain/verify-stream.ts';
import { EXIT, Exit } from '../exit-code.ts';
import { print } from '../output/print.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';

interface VerifyOptions extends SharedOptions {
  expectHead?: string;
}

const FAULT_TEXT: Readonly<Record<StreamFault, string>> = {
  sequence: 'the numbers do not follow each other: a record was removed, inserted or moved',
  'previous-hash': 'the record does not continue the one before it',
  hash: 'the text of the record is not what was hashed',
  duplicate: 'the record occurred before',
  record: 'the text is not a record of this account',
  truncated: 'records are missing at the end of the stream',
  rewritten: 'the record at the remembered head is another one: the stream was written anew',
  head: 'the head that the service names is not the last record',
};

export function addAuditVerifyCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('verify')
    .description('Recompute the hash chain of the account. Exit code 0: whole, 2: broken, 4: records are missing.')
    .option(
      '--expect-head <sequence:hash>',
      'the head of an earlier run; notices a stream that was cut off or rewritten',
    );
  addSharedOptions(command, 'table').action(async (options: VerifyOptions) => {
    const report = await verify(terminal, options);
    if (options.output === 'json') print(terminal, report, 'json');
    else terminal.out(summary(report));
    if (!report.ok) throw new Exit(report.reason === 'truncated' ? EXIT.unreachable : EXIT.refused);
  });
}

async function verify(terminal: Terminal, options: VerifyOptions): Promise<StreamReport> {
  const expectedHead = options.expectHead === undefined ? undefined : parseHead(options.expectHead);
  const client = createParapet(await clientOptions(terminal, options));
  try {
    const { Account: accountId } = await client.sts.getCallerIdentity();
    const read = async (fromSequence: number, limit: number) => {
      const page = await client.audit.readStream({ FromSequence: fromSequence, Limit: limit });
      const last = page.Records.at(-1)?.Sequence ?? fromSequence - 1;
      terminal.err(`verifying account ${accountId}: ${last} of ${page.Head.Sequence}\n`);
      return page;
    };
    return await verifyStream({ accountId, read, ...(expectedHead && { expectedHead }) });
  } finally {
    client.close();
  }
}

function parseHead(text: string): StreamPosition {
  const [, sequence = '', hash = ''] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (hash === '') throw new UsageError('--expect-head must be a number, a colon and 64 hexadecimal digits');
  return { sequence: Number(sequence), hash };
}

function summary(report: StreamReport): string {
  const head = `head ${report.head.sequence}:${report.head.hash}\n`;
  if (report.ok) return `ok: ${report.records} records, every one continues the one before it\n${head}`;
  const fault = report.reason === undefined ? '' : FAULT_TEXT[report.reason];
  return `BROKEN at record ${report.firstBad}: ${fault}\n${report.records} records before it are whole\n${head}`;
}
