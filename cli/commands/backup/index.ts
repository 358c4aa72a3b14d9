/**
 * `parapet backup`: HSM, databases and log head of the installation on this machine in one file, and back again. They work on
 * files and need no server. What tells a restored server that it is one is `parapet audit declare-restore`.
 */
import type { Command } from 'commander';
import type { Terminal } from '../../terminal.ts';
import { addCreateCommand } from './create.ts';
import { addRestoreCommand } from './restore.ts';
import { addVerifyCommand } from './verify.ts';

const TEXT = `
Exit codes: 0 done, 1 the command cannot be used like this or the place is not empty, 2 the backup does not fit together,
3 the passphrase or key does not open it, 5 it is damaged or cut off.`;

export function addBackupCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('backup')
    .helpCommand(false)
    .description('HSM, databases and log of the installation on this machine in one file.')
    .addHelpText('after', TEXT);
  addCreateCommand(group, terminal);
  addVerifyCommand(group, terminal);
  addRestoreCommand(group, terminal);
}
