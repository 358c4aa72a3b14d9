/** `parapet lz export` and `import`: the organization as it is, as a landing zone. */
import { type Command, Option } from 'commander';
import { createParapet } from '../../../sdk/index.ts';
import { printable } from '../../output/printable.ts';
import { addConnectionOptions, clientOptions, type SharedOptions, type Terminal } from '../../terminal.ts';
import { requireNew } from './init.ts';
import { DEFAULT_FILE } from './read-files.ts';

interface ExportOptions extends SharedOptions {
  format: 'yaml' | 'json';
}

export function addExportCommands(lz: Command, terminal: Terminal): void {
  const toScreen = lz
    .command('export')
    .description('Print the organization as it is as a landing zone: what was applied, with every difference taken in.')
    .addOption(new Option('--format <format>', 'of the landing zone').choices(['yaml', 'json']).default('yaml'));
  addConnectionOptions(toScreen).action(async (options: ExportOptions) => {
    terminal.out(await exported(terminal, options));
  });
  const toFile = lz
    .command('import')
    .description('Write the organization as it is into a file, to begin with a landing zone.')
    .argument('[file]', 'where to write it', DEFAULT_FILE)
    .option('--force', 'replace the file when it exists');
  addConnectionOptions(toFile).action(async (file: string, options: SharedOptions & { force?: boolean }) => {
    if (!options.force) await requireNew(terminal, file);
    await terminal.write(file, Buffer.from(await exported(terminal, { ...options, format: 'yaml' })));
    terminal.out(`${file} written\n`);
  });
}

async function exported(terminal: Terminal, options: ExportOptions): Promise<string> {
  const client = createParapet(await clientOptions(terminal, options));
  try {
    const { Document, Notes } = await client.org.exportLandingZone({ Format: options.format });
    for (const note of Notes) terminal.err(`note: ${printable(note)}\n`);
    return Document.endsWith('\n') ? Document : `${Document}\n`;
  } finally {
    client.close();
  }
}
