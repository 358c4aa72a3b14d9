/** `parapet env`: the settings of the administrator that the first start of a server left in its data folder. */
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { type Terminal, UsageError } from '../terminal.ts';

const KNOWN: ReadonlySet<string> = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_CA_BUNDLE',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'NODE_EXTRA_CA_CERTS',
  'PARAPET_ENDPOINT',
]);

export function addEnvCommand(program: Command, terminal: Terminal): void {
  program
    .command('env')
    .description('Print the settings of the administrator of a server on this machine: eval "$(parapet env)".')
    .option('--data <folder>', 'data folder of the server, in place of PARAPET_DATA')
    .addOption(new Option('--shell <shell>', 'whose syntax to print').choices(['posix', 'fish']).default('posix'))
    .action(async (options: { data?: string; shell: string }) => {
      const path = join(resolve(options.data ?? terminal.dataFolder()), 'bootstrap', 'admin.env');
      const variables = parseEnvironment((await readOf(terminal, path)).toString('utf8'), path);
      for (const [name, value] of variables) terminal.out(assignment(name, value, options.shell));
    });
}

async function readOf(terminal: Terminal, path: string): Promise<Buffer> {
  try {
    return await terminal.read(path);
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    if (code === 'EACCES')
      throw new UsageError(`${path} may not be read by this user`, 'run the command as the owner of the data folder');
    throw new UsageError(
      `${path} does not exist`,
      'start the server once, or name its data folder: parapet env --data <folder>',
    );
  }
}

/**
 * SECURITY: the output is made for `eval`, so nothing of the file is passed on as it stands. Only assignments to the
 * variables we write are accepted; values are quoted anew.
 */
export function parseEnvironment(text: string, path: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, name = '', quoted = ''] = /^export ([A-Z_]+)='((?:[^']|'\\'')*)'$/.exec(line) ?? [];
    if (!KNOWN.has(name))
      throw new UsageError(
        `${path} holds a line that the server does not write`,
        'restore the file, it is meant to be run by a shell',
      );
    variables.set(name, quoted.replaceAll("'\\''", "'"));
  }
  return variables;
}

function assignment(name: string, value: string, shell: string): string {
  if (shell === 'fish') return `set -gx ${name} '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'\n`;
  return `export ${name}='${value.replaceAll("'", "'\\''")}'\n`;
}
