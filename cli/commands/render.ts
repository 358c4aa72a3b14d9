/** `parapet render`: a file made from a template and secrets. */
import type { Command } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import { filled, parseTemplate, wantedBy } from '../secrets/template.ts';
import { requireValues } from '../secrets/values.ts';
import { addConnectionOptions, clientOptions, type SharedOptions, type Terminal, UsageError } from '../terminal.ts';

interface RenderOptions extends SharedOptions {
  out?: string;
  show?: boolean;
}

export function addRenderCommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('render')
    .description('Fill a template with secrets: {{ secret "shop/db" "password" }}.')
    .argument('<template>', 'the file, or - for the standard input')
    .option('-o, --out <file>', 'where to write it, in one step, for the owner only')
    .option('--show', 'print it, also to a screen');
  addConnectionOptions(command).action(async (path: string, options: RenderOptions) => {
    if (options.out === undefined) requireHidden(terminal, options);
    const pieces = parseTemplate(await readTemplate(terminal, path), path);
    const client = createParapet(await clientOptions(terminal, options));
    try {
      const { values } = await requireValues(terminal, client.ccms, wantedBy(pieces));
      const text = filled(pieces, values);
      if (options.out === undefined) terminal.out(text);
      else await terminal.replace(options.out, Buffer.from(text, 'utf8'));
    } finally {
      client.close();
    }
  });
}

async function readTemplate(terminal: Terminal, path: string): Promise<string> {
  try {
    return (await terminal.read(path)).toString('utf8');
  } catch {
    throw new UsageError(`the template ${path} cannot be read`);
  }
}

/** Secrets go to a file or a pipe, not to a screen that somebody else may look at. */
export function requireHidden(terminal: Terminal, { show }: { show?: boolean }): void {
  if (terminal.isScreen && !show)
    throw new UsageError(
      'the answer holds secrets and would be on the screen',
      'send it through a pipe, or use --show',
    );
}
