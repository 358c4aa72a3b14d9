/**
 * `parapet audit digest`: proves an archive that an export wrote, in a folder, from its hourly digests: they are signed by
 * the key of the log, none is left out, and every file that they list is there as it was written.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { DIGEST_EXIT_OF, type DigestFault, type DigestReport, verifyDigests } from '../../tlog/verify/digests.ts';
import { Exit } from '../exit-code.ts';
import { print } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { addSharedOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';
import { parseKey } from './audit-verify-files.ts';

interface DigestOptions extends SharedOptions {
  folder: string;
  logKey: string[];
  since?: string;
  maxAge?: string;
}

const METADATA_SUFFIX = '.metadata.json';

const FAULT_TEXT: Readonly<Record<DigestFault, string>> = {
  digest: 'this is no digest, or one that belongs elsewhere',
  file: 'the file is not what was written',
  chain: 'the digest does not continue the one before it',
  signature: 'no key of --log-key has signed this digest',
  missing: 'it is not there',
  stale: 'the newest digest is older than --max-age',
};

export function addAuditDigestCommand(audit: Command, terminal: Terminal): void {
  const command = audit
    .command('digest')
    .description(
      'Prove an archive from its digests, without a server. Exit code 0: whole, 1: usage, 2: a file or digest is another one, 3: not signed by a known key, 4: files or digests are missing, 5: stale.',
    )
    .requiredOption('--folder <path>', 'the archive, or a copy of its bucket')
    .requiredOption('--log-key <key...>', 'trust digests by these keys; GetLogCheckpoint names them')
    .option('--since <time>', 'what was archived before need not be there any more')
    .option('--max-age <seconds>', 'the newest digest of every export is no older than this');
  addSharedOptions(command, 'table').action(async (options: DigestOptions) => {
    const report = await verify(terminal, options);
    const exitCode = report.reason === undefined ? 0 : DIGEST_EXIT_OF[report.reason];
    if (options.output === 'json') print(terminal, { ...report, exitCode }, 'json');
    else terminal.out(summary(report));
    if (exitCode !== 0) throw new Exit(exitCode);
  });
}

async function verify(terminal: Terminal, { folder, logKey, since, maxAge }: DigestOptions): Promise<DigestReport> {
  if (maxAge !== undefined && !/^\d{1,9}$/.test(maxAge)) throw new UsageError('--max-age must be a number of seconds');
  if (since !== undefined && Number.isNaN(Date.parse(since))) throw new UsageError('--since must be a time');
  const read = async (path: string) => {
    if (path.startsWith('/') || path.split('/').includes('..')) return undefined;
    return terminal.read(join(folder, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
  };
  return verifyDigests({
    digests: digestsIn(folder),
    async read(path) {
      const packed = await read(path);
      return packed && unpacked(packed);
    },
    async signature(path) {
      const metadata = await read(`${path}${METADATA_SUFFIX}`);
      return metadata && signatureIn(metadata);
    },
    keys: logKey.map((text) => parseKey(text, '--log-key').publicKey),
    ...(since !== undefined && { since: Date.parse(since) }),
    ...(maxAge !== undefined && { youngerThan: { ms: Number(maxAge) * 1000, now: terminal.now() } }),
    progress: (done, all) => terminal.err(`proving the archive: ${done} of ${all} digests\n`),
  });
}

function digestsIn(folder: string): string[] {
  let found: string[];
  try {
    found = readdirSync(folder, { recursive: true }) as string[];
  } catch {
    throw new UsageError(`the folder ${folder} cannot be read`);
  }
  return found.filter((path) => path.includes('/CloudTrail-Digest/') && path.endsWith('.json.gz'));
}

/** What is damaged is unpacked to nothing, which is what nobody has signed. */
function unpacked(packed: Buffer): Buffer {
  try {
    return gunzipSync(packed);
  } catch {
    return Buffer.alloc(0);
  }
}

function signatureIn(metadata: Buffer): string | undefined {
  try {
    const { signature } = JSON.parse(metadata.toString('utf8')) as { signature?: unknown };
    return typeof signature === 'string' ? signature : undefined;
  } catch {
    return undefined;
  }
}

function summary({ reason, where = '', exports }: DigestReport): string {
  const lines = exports.map(
    ({ name, from, to, digests, files }) =>
      `${printable(name)}: ${digests} digests from ${printable(from)} to ${printable(to)}, ${files} files`,
  );
  const verdict = reason === undefined ? 'ok: every file is as it was written, and no digest is left out' : undefined;
  lines.unshift(verdict ?? `BROKEN at ${printable(where)}: ${reason && FAULT_TEXT[reason]}`);
  return lines.map((line) => `${line}\n`).join('');
}
