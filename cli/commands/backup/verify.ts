/** `parapet backup verify`: whether a backup can be put back, without doing it. */
import { tmpdir } from 'node:os';
import type { Command } from 'commander';
import { wipe } from '../../../backup/format/lock.ts';
import { verifyBackup } from '../../../backup/verify.ts';
import { EXIT, Exit } from '../../exit-code.ts';
import { printable } from '../../output/printable.ts';
import type { Terminal } from '../../terminal.ts';
import { type KeyOptions, openerOf, PASSPHRASE_OPTION } from './keys.ts';
import { parseKeys, reporting, summary } from './report.ts';

interface VerifyCommandOptions extends KeyOptions {
  work?: string;
  logKey?: string[];
}

export function addVerifyCommand(group: Command, terminal: Terminal): void {
  group
    .command('verify')
    .description('Read a backup to its end: every byte, the databases, and the log against its signed head.')
    .argument('<file>')
    .option(...PASSPHRASE_OPTION)
    .option('--identity <file>', 'X25519 private key (PEM, mode 0600) of a backup for a recipient')
    .option('--work <folder>', 'where databases are unpacked to be looked at; default: the temporary folder')
    .option('--log-key <key...>', 'trust the log head by these keys only; default: by those that the backup names')
    .action((file: string, options: VerifyCommandOptions) =>
      reporting(terminal, async () => {
        const opener = await openerOf(terminal, options);
        const { manifest, faults, log } = await verifyBackup({
          file,
          opener,
          work: options.work ?? tmpdir(),
          trusted: parseKeys(options.logKey),
          told: (line) => terminal.err(`${line}\n`),
        }).finally(() => wipe(opener));
        terminal.out(summary(manifest, log));
        for (const fault of faults) terminal.out(`BROKEN ${printable(fault)}\n`);
        if (faults.length > 0) throw new Exit(EXIT.refused);
        terminal.out('ok: the backup is whole\n');
      }),
    );
}
