/** `parapet run`: a program with secrets in its environment. */
import { type Command, InvalidArgumentError } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import { Exit } from '../exit-code.ts';
import { parseMapping } from '../secrets/reference.ts';
import { supervise } from '../secrets/supervisor.ts';
import { requireValues } from '../secrets/values.ts';
import { addConnectionOptions, clientOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';

interface RunOptions extends SharedOptions {
  map: string[];
  watch?: boolean;
  interval: number;
}

export function addRunCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('run')
    .description(
      'Run a program with secrets in its environment: parapet run --map DB_PASSWORD=shop/db:password -- app.',
    )
    .argument('<command...>', 'the program and its arguments, after --')
    .option('--map <variable=secret>', 'a variable and its value, name or name:key; can be repeated', collect, [])
    .option('--watch', 'start the program anew when a secret changes')
    .option('--interval <seconds>', 'how often to look for changes', seconds, 10);
  addConnectionOptions(command).action(async (words: string[], options: RunOptions) => {
    const wanted = options.map.map(parseMapping).map(({ name, reference }) => ({ label: name, reference }));
    const twice = wanted.find(({ label }, at) => wanted.findIndex((other) => other.label === label) !== at);
    if (twice) throw new UsageError(`${twice.label} is mapped twice`, 'give each variable once');
    const client = createParapet(await clientOptions(terminal, options));
    try {
      const fetched = await requireValues(terminal, client.ccms, wanted);
      const watchEveryMs = options.watch ? options.interval * 1000 : undefined;
      throw new Exit(await supervise(terminal, client.ccms, { command: words, wanted, watchEveryMs }, fetched));
    } finally {
      client.close();
    }
  });
}

function collect(text: string, before: string[]): string[] {
  return [...before, text];
}

function seconds(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of seconds.');
  return Number(text);
}
