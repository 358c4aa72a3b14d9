/** `parapet backup declare-restore`: somebody answers for it that the installation is an earlier one. */
import type { Command } from 'commander';
import { createParapet } from '../../../sdk/index.ts';
import { print } from '../../output/print.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal } from '../../terminal.ts';

interface DeclareOptions extends SharedOptions {
  reason: string;
}

export function addDeclareCommand(group: Command, terminal: Terminal): void {
  const command = group
    .command('declare-restore')
    .description(
      'Tell the running server that it was restored: writes are served again, the log goes on under a new name that is linked to the old one, sessions end, and numbers of lists of revoked certificates jump ahead.',
    )
    .requiredOption('--reason <text>', 'why; it is in the record');
  addSharedOptions(command, 'json').action(async (options: DeclareOptions) => {
    const client = createParapet(await clientOptions(terminal, options));
    try {
      const declared = await client.audit.declareRestore({ Reason: options.reason });
      print(terminal, declared, options.output === 'table' ? 'table' : 'json');
    } finally {
      client.close();
    }
  });
}
