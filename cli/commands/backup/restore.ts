/** `parapet backup restore`: onto an empty machine. */
import type { Command } from 'commander';
import { wipe } from '../../../backup/format/lock.ts';
import { restoreBackup } from '../../../backup/restore.ts';
import { type Terminal, UsageError } from '../../terminal.ts';
import { type KeyOptions, openerOf, PASSPHRASE_OPTION } from './keys.ts';
import { parseKeys, reporting, summary } from './report.ts';

interface RestoreCommandOptions extends KeyOptions {
  data: string;
  url?: string;
  logKey?: string[];
  dryRun?: boolean;
}

export function addRestoreCommand(group: Command, terminal: Terminal): void {
  group
    .command('restore')
    .description('Put a backup back into an empty folder, and for PostgreSQL an empty database.')
    .argument('<file>')
    .requiredOption('--data <folder>', 'the new data folder: missing or empty')
    .option(
      '--url <url>',
      'postgres://... of an empty database, without a password; with one it comes from PARAPET_DATABASE',
    )
    .option(...PASSPHRASE_OPTION)
    .option('--identity <file>', 'X25519 private key (PEM, mode 0600) of a backup for a recipient')
    .option('--log-key <key...>', 'trust the log head by these keys only; default: by those that the backup names')
    .option('--dry-run', 'look whether it could be done, and change nothing')
    .action((file: string, options: RestoreCommandOptions) =>
      reporting(terminal, async () => {
        const opener = await openerOf(terminal, options);
        const { manifest, log } = await restoreBackup({
          file,
          opener,
          dataFolder: options.data,
          url: urlOf(terminal, options.url),
          trusted: parseKeys(options.logKey),
          dryRun: options.dryRun === true,
          now: () => terminal.now(),
          told: (line) => terminal.err(`${line}\n`),
        }).finally(() => wipe(opener));
        terminal.out(summary(manifest, log));
        terminal.out(options.dryRun ? 'it could be restored; nothing was changed\n' : next(options.data));
      }),
    );
}

/** SECURITY: everybody on the machine can read arguments. */
function urlOf(terminal: Terminal, option: string | undefined): string | undefined {
  if (option === undefined) return terminal.serverSettings().database;
  if (!URL.canParse(option)) throw new UsageError('--url is no postgres:// address');
  if (new URL(option).password !== '')
    throw new UsageError(
      '--url has a password, which everybody on this machine can read',
      'set PARAPET_DATABASE instead',
    );
  return option;
}

const next = (folder: string) => `restored into ${folder}
Start the server on it. It answers reads and refuses writes until the restore is declared:
  parapet audit declare-restore --reason '...'
`;
