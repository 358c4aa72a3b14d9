/** `parapet secret get`: one value, for a pipe. */
import type { Command } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import { parseReference } from '../secrets/reference.ts';
import { requireValues } from '../secrets/values.ts';
import { addConnectionOptions, clientOptions, type SharedOptions, type Terminal } from '../terminal.ts';
import { requireHidden } from './render.ts';

interface GetOptions extends SharedOptions {
  show?: boolean;
}

export function addSecretCommands(program: Command, terminal: Terminal): void {
  const secret = program.command('secret').helpCommand(false).description('one value of a secret');
  const command = secret
    .command('get')
    .description('Print a value as it is, without a line break: parapet secret get shop/db:password | psql ...')
    .argument('<name[:key]>', 'name or ARN of the secret, and a key of the JSON object that it is')
    .option('--show', 'print it, also to a screen');
  addConnectionOptions(command).action(async (name: string, options: GetOptions) => {
    requireHidden(terminal, options);
    const reference = parseReference(name);
    const client = createParapet(await clientOptions(terminal, options));
    try {
      const { values } = await requireValues(terminal, client.ccms, [{ label: name, reference }]);
      terminal.out(values.get(name) as string);
    } finally {
      client.close();
    }
  });
}
