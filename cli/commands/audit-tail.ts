/**
 * `parapet audit tail`: the records of the account as they come, in the order of the chain, each exactly once. A record
 * that does not continue the one before it ends the command: what follows could not be believed. With --organization, the
 * records of all members in the order of the log.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createParapet, type Parapet } from '../../sdk/index.ts';
import { EXIT, Exit } from '../exit-code.ts';
import { formatJsonLine, printable } from '../output/printable.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';

const WaitSeconds = 20;

interface TailOptions extends SharedOptions {
  lines: number;
  outcome?: 'success' | 'denied' | 'failed';
  eventName?: string;
  follow: boolean;
  organization?: boolean;
}

export function addAuditTailCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('tail')
    .description('Follow the records of the account as they are written.')
    .option('--lines <number>', 'how many of the last records to begin with', wholeNumber, 10)
    .option('--no-follow', 'end after the last record')
    .option('--organization', 'records of all members, for whoever may read them; from now on')
    .option('--event-name <name>', 'only records of this operation')
    .addOption(
      new Option('--outcome <outcome>', 'only records with this outcome').choices(['success', 'denied', 'failed']),
    );
  addSharedOptions(command, 'table').action(async (options: TailOptions) => {
    const client = createParapet(await clientOptions(terminal, options));
    try {
      if (options.organization) await tailOrganization(client, options, terminal);
      else await tail(client, options, terminal);
    } catch (error) {
      // Stopped while it waited.
      if (!terminal.stopped.aborted) throw error;
    } finally {
      client.close();
    }
  });
}

async function tail(client: Parapet, options: TailOptions, terminal: Terminal): Promise<void> {
  const head = await client.audit.describeStream();
  let next = Math.max(1, head.Sequence - options.lines + 1);
  let hash: string | undefined;
  for (let isPast = true; !terminal.stopped.aborted; ) {
    const page = isPast
      ? await client.audit.readStream({ FromSequence: next, Limit: 1000 })
      : await client.audit.tailStream({ FromSequence: next, Limit: 1000, WaitSeconds }, { signal: terminal.stopped });
    for (const item of page.Records) {
      if (item.Sequence !== next || (hash !== undefined && item.PreviousHash !== hash)) {
        terminal.err(
          `error: record ${item.Sequence} does not continue record ${next - 1}\n  hint: parapet audit verify\n`,
        );
        throw new Exit(EXIT.refused);
      }
      next = item.Sequence + 1;
      hash = item.Hash;
      show(item.Sequence, JSON.parse(item.Record), options, terminal);
    }
    if ('Head' in page && page.NextSequence === undefined) isPast = false;
    if (!isPast && !options.follow) return;
  }
}

async function tailOrganization(client: Parapet, options: TailOptions, terminal: Terminal): Promise<void> {
  if (!options.follow)
    throw new UsageError('--organization follows what comes', 'parapet org lookup-organization-events');
  let next = (await client.org.tailOrganizationEvents()).NextPosition;
  while (!terminal.stopped.aborted) {
    const page = await client.org.tailOrganizationEvents(
      { FromPosition: next, Limit: 200, WaitSeconds },
      { signal: terminal.stopped },
    );
    for (const { Position, Event } of page.Events) show(Position, Event as RecordedEvent, options, terminal);
    next = page.NextPosition;
  }
}

interface RecordedEvent {
  eventTime?: string;
  eventName?: string;
  errorCode?: string;
  recipientAccountId?: string;
  userIdentity?: { arn?: string; type?: string };
  resources?: { ARN?: string }[];
}

function show(sequence: number, event: RecordedEvent, options: TailOptions, terminal: Terminal): void {
  const outcome = outcomeOf(event.errorCode);
  if (options.outcome !== undefined && options.outcome !== outcome) return;
  if (options.eventName !== undefined && options.eventName !== event.eventName) return;
  if (options.output === 'json') {
    terminal.out(`${formatJsonLine(event)}\n`);
    return;
  }
  const who = event.userIdentity?.arn ?? event.userIdentity?.type ?? '-';
  const what = event.resources?.map((resource) => resource.ARN).join(' ') ?? '';
  const account = options.organization ? event.recipientAccountId : undefined;
  const words = [sequence, account, event.eventTime, outcome.padEnd(7), event.eventName, who, what, event.errorCode];
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
