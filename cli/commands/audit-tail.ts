/**
 * `parapet audit tail`: the records of the account as they come, in the order of the chain, each exactly once. A record
 * that does not continue the one before it ends the command: what follows could not be believed.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createParapet, type Parapet } from '../../sdk/index.ts';
import { EXIT, Exit } from '../exit-code.ts';
import { formatJsonLine, printable } from '../output/printable.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal } from '../terminal.ts';

interface TailOptions extends SharedOptions {
  lines: number;
  interval: number;
  outcome?: 'success' | 'denied' | 'failed';
  eventName?: string;
  follow: boolean;
}

export function addAuditTailCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('tail')
    .description('Follow the records of the account as they are written.')
    .option('--lines <number>', 'how many of the last records to begin with', wholeNumber, 10)
    .option('--interval <seconds>', 'how often to ask for new ones', wholeNumber, 1)
    .option('--no-follow', 'end after the last record')
    .option('--event-name <name>', 'only records of this operation')
    .addOption(
      new Option('--outcome <outcome>', 'only records with this outcome').choices(['success', 'denied', 'failed']),
    );
  addSharedOptions(command, 'table').action(async (options: TailOptions) => {
    const client = createParapet(await clientOptions(terminal, options));
    try {
      await tail(client, options, terminal);
    } finally {
      client.close();
    }
  });
}

async function tail(client: Parapet, options: TailOptions, terminal: Terminal): Promise<void> {
  const head = await client.audit.describeStream();
  let next = Math.max(1, head.Sequence - options.lines + 1);
  let hash: string | undefined;
  while (!terminal.stopped.aborted) {
    const page = await client.audit.readStream({ FromSequence: next, Limit: 1000 });
    for (const item of page.Records) {
      if (item.Sequence !== next || (hash !== undefined && item.PreviousHash !== hash)) {
        terminal.err(
          `error: record ${item.Sequence} does not continue record ${next - 1}\n  hint: parapet audit verify\n`,
        );
        throw new Exit(EXIT.refused);
      }
      next = item.Sequence + 1;
      hash = item.Hash;
      show(item.Sequence, item.Record, options, terminal);
    }
    if (page.NextSequence !== undefined) continue;
    if (!options.follow) return;
    await terminal.pause(options.interval * 1000);
  }
}

interface Event {
  eventTime?: string;
  eventName?: string;
  errorCode?: string;
  userIdentity?: { arn?: string; type?: string };
  resources?: { ARN?: string }[];
}

function show(sequence: number, record: string, options: TailOptions, terminal: Terminal): void {
  const event = JSON.parse(record) as Event;
  const outcome = outcomeOf(event.errorCode);
  if (options.outcome !== undefined && options.outcome !== outcome) return;
  if (options.eventName !== undefined && options.eventName !== event.eventName) return;
  if (options.output === 'json') {
    terminal.out(`${formatJsonLine(event)}\n`);
    return;
  }
  const who = event.userIdentity?.arn ?? event.userIdentity?.type ?? '-';
  const what = event.resources?.map((resource) => resource.ARN).join(' ') ?? '';
  const words = [sequence, event.eventTime, outcome.padEnd(7), event.eventName, who, what, event.errorCode];
  terminal.out(`${printable(words.filter((word) => word !== undefined && word !== '').join('  '))}\n`);
}

/** As the audit service sorts them. */
function outcomeOf(errorCode: string | undefined): 'success' | 'denied' | 'failed' {
  if (errorCode === undefined) return 'success';
  return errorCode.startsWith('AccessDenied') || errorCode === 'Unauthenticated' ? 'denied' : 'failed';
}

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
