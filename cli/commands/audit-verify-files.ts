/** `parapet audit verify --from`: proves the log of all accounts from its files alone, in a folder or at an address. */
import { type NoteKey, parseVerifier } from '../../tlog/note.ts';
import { EXIT_OF, type ServedFault, type ServedReport, verifyServedLog } from '../../tlog/verify/served-log.ts';
import { Exit } from '../exit-code.ts';
import { print } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { clientOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';
import { COSIGNED_CHECKPOINT, filesAt, filesInFolder, type LogFiles } from './log-files.ts';

export interface FilesOptions extends SharedOptions {
  from?: string;
  logKey?: string[];
  witnessKey?: string[];
  kept?: string[];
  maxAge?: string;
  hashesOnly?: boolean;
}

const FAULT_TEXT: Readonly<Record<ServedFault, string>> = {
  checkpoint: 'the checkpoint cannot be read',
  signature: 'no key of --log-key has signed it',
  witness: 'this witness has not cosigned the checkpoint, or what is there is not its signature',
  missing: 'a file is missing, or shorter than the checkpoint says',
  tile: 'the hashes are not those that were signed',
  entry: 'the entry is not what was hashed',
  chain: "the record does not continue its account's chain: one was removed, inserted or moved",
  duplicate: 'the event occurred before',
  split: 'the log does not continue this checkpoint: there are two histories',
  writer: 'records of this writer never came into the log',
  stale: 'the newest thing in the log is older than --max-age',
};

export async function verifyFiles(terminal: Terminal, options: FilesOptions & { from: string }): Promise<void> {
  const { maxAge } = options;
  if (!options.logKey)
    throw new UsageError(
      '--from needs --log-key: files alone cannot say whose they are',
      'GetLogCheckpoint names the keys; keep them where whoever could change the files cannot',
    );
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw new UsageError('--max-age must be a number of seconds');
  const keys = options.logKey.map((text) => parseKey(text, '--log-key'));
  const witnesses = (options.witnessKey ?? []).map((text) => parseKey(text, '--witness-key'));
  const kept = await Promise.all(
    (options.kept ?? []).map(async (name) => ({ name, note: (await readKept(terminal, name)).toString('utf8') })),
  );
  const files = await open(terminal, options);
  const checkpoint = isAddress(options.from) && witnesses.length > 0 ? COSIGNED_CHECKPOINT : 'checkpoint';
  try {
    const report = await verifyServedLog({
      read: (path) => files.read(path === 'checkpoint' ? checkpoint : path),
      ...{ keys, witnesses, kept, entries: options.hashesOnly !== true },
      ...(maxAge !== undefined && { youngerThan: { ms: Number(maxAge) * 1000, now: terminal.now() } }),
      progress: (done, size) => terminal.err(`proving the log: ${done} of ${size}\n`),
    });
    if (options.output === 'json') print(terminal, shown(report), 'json');
    else terminal.out(summary(report));
    if (report.reason !== undefined) throw new Exit(EXIT_OF[report.reason]);
  } finally {
    files.close();
  }
}

async function open(terminal: Terminal, options: FilesOptions & { from: string }): Promise<LogFiles> {
  if (!isAddress(options.from)) return filesInFolder(terminal, options.from);
  if (!URL.canParse(options.from)) throw new UsageError(`--from ${options.from} is no address`);
  const base = options.from.endsWith('/') ? options.from : `${options.from}/`;
  return filesAt(terminal, base, await clientOptions(terminal, options, { credentials: false }));
}

function isAddress(from: string): boolean {
  return /^https?:/.test(from);
}

async function readKept(terminal: Terminal, path: string): Promise<Buffer> {
  try {
    return await terminal.read(path);
  } catch {
    throw new UsageError(`the kept checkpoint ${path} cannot be read`);
  }
}

export function parseKey(text: string, option: string): NoteKey {
  const key = parseVerifier(text);
  if (!key) throw new UsageError(`${option} must be a verifier key: name+id+key`);
  return key;
}

function shown(report: ServedReport) {
  const { checkpoint, ...rest } = report;
  return {
    ...rest,
    ...(checkpoint && { checkpoint: { ...checkpoint, root: checkpoint.root.toString('hex') } }),
    exitCode: report.reason === undefined ? 0 : EXIT_OF[report.reason],
  };
}

function summary(report: ServedReport): string {
  const { reason, where = '', checkpoint, entries, accounts, witnesses, silent, missing } = report;
  const lines: string[] = [];
  if (reason === undefined) {
    const seen = witnesses.length > 0 ? `, cosigned by ${witnesses.join(', ')}` : '';
    lines.push(`ok: log ${checkpoint?.origin} of ${checkpoint?.size} records${seen}`);
    lines.push(`${entries} entries of ${accounts} accounts, every one continues the one before it`);
  } else lines.push(`BROKEN at ${printable(where)}: ${FAULT_TEXT[reason]}`);
  for (const { boot, first, last } of missing)
    lines.push(`writer ${printable(boot)}: records ${first} to ${last} never came`);
  for (const { boot, from, to } of silent) {
    const until = to === undefined ? '' : ` until ${new Date(to).toISOString()}`;
    lines.push(`writer ${printable(boot)} was silent after ${new Date(from).toISOString()}${until}`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
