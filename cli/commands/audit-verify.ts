/**
 * `parapet audit verify`: recomputes the hash chain of the account on this machine, from the records the service
 * answers, and with `--checkpoint` the Merkle log of all accounts; with `--from` the log from its files alone. Exit code 0
 * whole, 1 usage, 2 broken, 3 not signed by a known key, 4 records are missing (or the service cannot be reached), 5 stale,
 * 6 there are two histories.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import { recordEntry, type StreamPosition } from '../../services/audit/domain/chain.ts';
import { type StreamFault, type StreamReport, verifyStream } from '../../services/audit/domain/verify-stream.ts';
import { type Checkpoint, type NoteKey, readCheckpoint, readNote } from '../../tlog/note.ts';
import { leafHash } from '../../tlog/tree.ts';
import { type LogFault, type LogReport, verifyLog } from '../../tlog/verify-log.ts';
import { EXIT, Exit } from '../exit-code.ts';
import { print } from '../output/print.ts';
import { addSharedOptions, clientOptions, type Terminal, UsageError } from '../terminal.ts';
import { type FilesOptions, parseKey, verifyFiles } from './audit-verify-files.ts';

interface VerifyOptions extends FilesOptions {
  expectHead?: string;
  checkpoint?: string;
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

const LOG_FAULT: Readonly<Record<LogFault, { text: string; exit: number }>> = {
  checkpoint: { text: 'the checkpoint cannot be read', exit: EXIT.refused },
  signature: { text: 'no known key has signed the checkpoint', exit: 3 },
  missing: { text: 'leaves are missing', exit: EXIT.unreachable },
  root: { text: 'the leaves are not those that were signed', exit: EXIT.refused },
  leaf: { text: 'a record of the account is not at its place', exit: EXIT.refused },
  split: { text: 'it does not continue the checkpoint from earlier: there are two histories', exit: 6 },
  lost: {
    text: 'it was restored from a backup, and records that the checkpoint from earlier is about are lost',
    exit: 6,
  },
};

type Client = ReturnType<typeof createParapet>;

export function addAuditVerifyCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('verify')
    .description(
      'Recompute the hash chain of the account, and with --checkpoint the log of all accounts. With --from, the log alone, from the files that it serves. Exit code 0: whole, 1: usage, 2: broken, 3: not signed by a known key, 4: records are missing, 5: stale, 6: two histories.',
    )
    .option(
      '--expect-head <sequence:hash>',
      'the head of an earlier run; notices a stream that was cut off or rewritten',
    )
    .option(
      '--checkpoint <file>',
      'also prove the log: that it continues the checkpoint in this file, which a run that finds nothing writes anew',
    )
    .option('--log-key <key...>', 'trust checkpoints by these keys only; default: by those that the service names');
  command
    .option('--from <folder or address>', 'prove the log of all accounts from its files alone; needs --log-key')
    .option('--witness-key <key...>', 'with --from: each of these witnesses must have cosigned the checkpoint')
    .option(
      '--kept <file...>',
      'with --from: checkpoints that were kept, or that witnesses keep; the log continues them',
    )
    .option('--max-age <seconds>', 'with --from: the newest thing in the log is no older than this')
    .option('--hashes-only', 'with --from: prove the tree without the entries');
  addSharedOptions(command, 'table').action(async (options: VerifyOptions) => {
    const { from } = options;
    if (from !== undefined) return verifyFiles(terminal, { ...options, from });
    if (options.witnessKey ?? options.kept ?? options.maxAge ?? options.hashesOnly)
      throw new UsageError('--witness-key, --kept, --max-age and --hashes-only need --from');
    const { stream, log } = await verify(terminal, options);
    if (options.output === 'json') print(terminal, { ...stream, ...(log && { log: shownLog(log) }) }, 'json');
    else terminal.out(summary(stream) + (log ? logSummary(log) : ''));
    if (!stream.ok) throw new Exit(stream.reason === 'truncated' ? EXIT.unreachable : EXIT.refused);
    if (log?.reason !== undefined) throw new Exit(LOG_FAULT[log.reason].exit);
  });
}

async function verify(
  terminal: Terminal,
  options: VerifyOptions,
): Promise<{ stream: StreamReport; log: LogReport | undefined }> {
  const expectedHead = options.expectHead === undefined ? undefined : parseHead(options.expectHead);
  const { checkpoint: file } = options;
  const earlier = file !== undefined && existsSync(file) ? readEarlier(file) : undefined;
  const keys = options.logKey?.map((text) => parseKey(text, '--log-key'));
  const known = new Map<number, Buffer>();
  const client = createParapet(await clientOptions(terminal, options));
  try {
    const { Account: accountId } = await client.sts.getCallerIdentity();
    const read = async (fromSequence: number, limit: number) => {
      const page = await client.audit.readStream({ FromSequence: fromSequence, Limit: limit });
      const last = page.Records.at(-1)?.Sequence ?? fromSequence - 1;
      terminal.err(`verifying account ${accountId}: ${last} of ${page.Head.Sequence}\n`);
      if (file !== undefined)
        for (const { LogPosition, Sequence, PreviousHash, Record } of page.Records)
          if (LogPosition !== undefined)
            known.set(LogPosition, leafHash(recordEntry(accountId, Sequence, PreviousHash, Record)));
      return page;
    };
    const stream = await verifyStream({ accountId, read, ...(expectedHead && { expectedHead }) });
    if (file === undefined) return { stream, log: undefined };
    const log = await proveLog(terminal, client, { keys, earlier, known, file });
    return { stream, log };
  } finally {
    client.close();
  }
}

interface LogOptions {
  keys: NoteKey[] | undefined;
  earlier: Checkpoint | undefined;
  known: ReadonlyMap<number, Buffer>;
  file: string;
}

async function proveLog(terminal: Terminal, client: Client, options: LogOptions): Promise<LogReport> {
  const { keys, earlier, known, file } = options;
  const told = await client.audit.getLogCheckpoint();
  const report = await verifyLog({
    checkpoint: told.Checkpoint,
    keys: keys ?? told.VerifierKeys.map((text) => parseKey(text, '--log-key')),
    known,
    ...(earlier && { earlier, formerly: await formerNames(client) }),
    async readTile({ level, index, width }) {
      const { Hashes } = await client.audit.readLogTile({ Level: level, Index: index, Width: width });
      return Buffer.from(Hashes);
    },
    progress: (leaves, size) => terminal.err(`proving the log: ${leaves} of ${size}\n`),
  });
  if (report.ok) {
    writeFileSync(`${file}.new`, told.Checkpoint);
    renameSync(`${file}.new`, file);
  }
  return report;
}

/** What the log was called before restores that were declared, each name with what was kept of it. */
async function formerNames(client: Client): Promise<Map<string, number>> {
  const { LogNames } = await client.audit.describeRestore();
  const names = new Map<string, number>();
  let kept = Number.POSITIVE_INFINITY;
  for (const { Origin, Previous } of LogNames.toReversed()) {
    names.set(Origin, kept);
    kept = Math.min(kept, Previous?.CommonSize ?? 0);
    // The one before may be a name that was lost with the database.
    if (Previous && !names.has(Previous.Origin)) names.set(Previous.Origin, kept);
  }
  return names;
}

function readEarlier(file: string): Checkpoint {
  const note = readNote(readFileSync(file, 'utf8'));
  const checkpoint = note && readCheckpoint(note.text);
  if (!checkpoint) throw new UsageError(`${file} holds no checkpoint of an earlier run`);
  return checkpoint;
}

function shownLog({ ok, reason, checkpoint, found, young }: LogReport) {
  const state = checkpoint && {
    origin: checkpoint.origin,
    size: checkpoint.size,
    root: checkpoint.root.toString('hex'),
  };
  return { ok, ...(reason !== undefined && { reason }), ...state, found, young };
}

function logSummary({ reason, checkpoint, found, young }: LogReport): string {
  if (reason !== undefined) return `BROKEN log: ${LOG_FAULT[reason].text}\n`;
  const waiting = young > 0 ? `; ${young} are younger than the checkpoint` : '';
  return `ok: log ${checkpoint?.origin} of ${checkpoint?.size} records, ${found} of them this account's${waiting}\n`;
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
