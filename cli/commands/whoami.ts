/** `parapet whoami`: the principal behind the credentials. */
import type { Command } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import { print } from '../output/print.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal } from '../terminal.ts';

export function addWhoamiCommand(program: Command, terminal: Terminal): void {
  const command = program.command('whoami').description('Say who the credentials belong to.');
  addSharedOptions(command, 'table').action(async (options: SharedOptions) => {
    const client = createParapet(await clientOptions(terminal, options));
    try {
      print(terminal, await client.sts.getCallerIdentity(), options.output);
    } finally {
      client.close();
    }
  });
}
