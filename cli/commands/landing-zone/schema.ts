/** `parapet lz schema`: the shape of the file as JSON Schema 2020-12, for editors. */
import type { Command } from 'commander';
import { landingZoneSchema } from '../../../services/org/api/landing-zone/file.ts';
import { print } from '../../output/print.ts';
import type { Terminal } from '../../terminal.ts';

export function addSchemaCommand(lz: Command, terminal: Terminal): void {
  lz.command('schema')
    .description('Print the JSON Schema of landing zones, for editors.')
    .action(() => print(terminal, landingZoneSchema(), 'json'));
}
