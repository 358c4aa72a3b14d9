/** `parapet lz init`: a landing zone to begin with. */
import type { Command } from 'commander';
import { parseDocument } from 'yaml';
import { blueprintNames, readBlueprint } from '../../../policies/blueprints/files.ts';
import { type Terminal, UsageError } from '../../terminal.ts';
import { DEFAULT_FILE } from './read-files.ts';

interface InitOptions {
  blueprint: string;
  name?: string;
  domain?: string;
  force?: boolean;
}

export function addInitCommand(lz: Command, terminal: Terminal): void {
  lz.command('init')
    .description('Write a landing zone to begin with.')
    .argument('[file]', 'where to write it', DEFAULT_FILE)
    .option('--blueprint <name>', `one of ${blueprintNames().join(', ')}`, 'enterprise')
    .option('--name <name>', 'what the landing zone is called')
    .option('--domain <domain>', 'domain of the addresses of the accounts')
    .option('--force', 'replace the file when it exists')
    .action(async (file: string, { blueprint, name, domain, force }: InitOptions) => {
      const text = readBlueprint(blueprint);
      if (text === undefined)
        throw new UsageError(`there is no blueprint ${blueprint}`, `there are ${blueprintNames().join(', ')}`);
      if (!force) await requireNew(terminal, file);
      await terminal.write(file, Buffer.from(personal(text, { name, domain })));
      terminal.out(
        `${file} written: look through it, then parapet lz plan ${file === DEFAULT_FILE ? '' : file}`.trimEnd(),
      );
      terminal.out('\n');
    });
}

export async function requireNew(terminal: Terminal, file: string): Promise<void> {
  const exists = await terminal.read(file).then(
    () => true,
    () => false,
  );
  if (exists) throw new UsageError(`${file} exists`, '--force replaces it');
}

/** Comments and order stay as they are. */
function personal(text: string, { name, domain }: Pick<InitOptions, 'name' | 'domain'>): string {
  if (name === undefined && domain === undefined) return text;
  const document = parseDocument(text);
  if (name !== undefined) document.setIn(['metadata', 'name'], name);
  if (domain !== undefined) document.setIn(['parameters', 'emailDomain', 'default'], domain);
  return document.toString({ lineWidth: 120 });
}
