/**
 * `parapet audit watch`: looks again and again at the checkpoints that a log serves, and ends with an alarm when one is not
 * signed, does not continue the one before it, is not what witnesses know, or when the log fell silent.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { ParapetError } from '../../sdk/error.ts';
import { LogWatch, type Look, type WatchFault, watchExitOf } from '../../tlog/verify/watch.ts';
import { Exit } from '../exit-code.ts';
import { formatJsonLine, printable } from '../output/printable.ts';
import { addSharedOptions, type SharedOptions, type Terminal } from '../terminal.ts';
import { openFiles, parseKey } from './audit-verify-files.ts';
import { COSIGNED_CHECKPOINT, type LogFiles } from './log-files.ts';

interface WatchCommandOptions extends SharedOptions {
  from: string;
  logKey: string[];
  witnessKey?: string[];
  state?: string;
  interval: number;
  maxAge: number;
  once?: boolean;
}

const FAULT_TEXT: Readonly<Record<WatchFault, string>> = {
  checkpoint: 'the checkpoint cannot be read',
  signature: 'no key of --log-key has signed it',
  witness: 'this witness has not cosigned what is served as cosigned',
  missing: 'it is not there, or shorter than the checkpoint says',
  tile: 'the hashes are not those that were signed',
  split: 'the log does not continue what was seen or cosigned before: there are two histories',
  stale: 'nothing new was heard for longer than --max-age',
};

export function addAuditWatchCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('watch')
    .description(
      'Watch the log until something is wrong with it. Exit code 0: stopped, 1: usage, 2: broken, 3: not signed by a known key or not cosigned, 4: files are missing, 5: silent for too long, 6: two histories.',
    )
    .requiredOption('--from <folder or address>', 'where the log is served')
    .requiredOption('--log-key <key...>', 'trust checkpoints by these keys; GetLogCheckpoint names them')
    .option('--witness-key <key...>', 'each of these witnesses must have cosigned, and know the same log')
    .option('--state <file>', 'keeps the newest checkpoint, which the next watch goes on from')
    .option('--interval <seconds>', 'how often to look', seconds, 30)
    .option('--max-age <seconds>', 'so long the log may say nothing', seconds, 120)
    .option('--once', 'look once');
  addSharedOptions(command, 'table').action((options: WatchCommandOptions) => watch(terminal, options));
}

async function watch(terminal: Terminal, options: WatchCommandOptions): Promise<void> {
  const files = await openFiles(terminal, options);
  const watching = new LogWatch({
    read: (path) => readable(files, path),
    keys: options.logKey.map((text) => parseKey(text, '--log-key')),
    witnesses: (options.witnessKey ?? []).map((text) => parseKey(text, '--witness-key')),
    cosignedPath: COSIGNED_CHECKPOINT,
    maxAgeMs: options.maxAge * 1000,
    kept: await keptIn(terminal, options.state),
  });
  try {
    while (!terminal.stopped.aborted) {
      const look = await lookAt(terminal, watching);
      show(terminal, look, options);
      if (look.reason !== undefined) throw new Exit(watchExitOf(look.reason));
      if (options.state !== undefined && look.note !== undefined)
        await terminal.replace(options.state, Buffer.from(look.note));
      if (options.once) return;
      await terminal.pause(options.interval * 1000, terminal.stopped);
    }
  } finally {
    files.close();
  }
}

/** Who may not read entries watches the tree alone. */
async function readable(files: LogFiles, path: string): Promise<Buffer | undefined> {
  try {
    return await files.read(path);
  } catch (error) {
    if (path.includes('/entries/') && error instanceof ParapetError && error.status === 403) return undefined;
    throw error;
  }
}

const SILENT: ReadonlySet<string> = new Set(['Unreachable', 'Timeout']);

/** A server that does not answer is silent; one that refuses us is not. */
async function lookAt(terminal: Terminal, watching: LogWatch): Promise<Look> {
  try {
    return await watching.look(terminal.now());
  } catch (error) {
    const isSilence = error instanceof ParapetError && (SILENT.has(error.code) || error.status >= 500);
    if (!isSilence) throw error;
    terminal.err(`the log does not answer: ${printable(error.message)}\n`);
    return watching.unanswered(terminal.now());
  }
}

async function keptIn(terminal: Terminal, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await terminal.read(file)).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function show(terminal: Terminal, look: Look, { output }: WatchCommandOptions): void {
  const { reason, where = '', checkpoint, heardAt } = look;
  const heard = heardAt === undefined ? undefined : new Date(heardAt).toISOString();
  if (output === 'json') {
    const known = checkpoint && { origin: checkpoint.origin, size: checkpoint.size };
    const fault = reason !== undefined && { reason, where, exitCode: watchExitOf(reason) };
    terminal.out(
      `${formatJsonLine({ ok: reason === undefined, ...fault, ...known, ...(heard && { heardAt: heard }) })}\n`,
    );
  } else if (reason !== undefined) terminal.out(`ALARM at ${printable(where)}: ${FAULT_TEXT[reason]}\n`);
  else if (checkpoint)
    terminal.out(`ok: log ${printable(checkpoint.origin)} of ${checkpoint.size} records, heard ${heard}\n`);
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a number of seconds.');
  return Number(text);
}
