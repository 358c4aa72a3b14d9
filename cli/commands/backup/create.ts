/** `parapet backup create`: while the server runs, or while it does not. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { createBackup } from '../../../backup/create.ts';
import { wipe } from '../../../backup/format/lock.ts';
import { RELEASE } from '../../release.ts';
import type { Terminal } from '../../terminal.ts';
import { type KeyOptions, lockOf, PASSPHRASE_OPTION } from './keys.ts';
import { reporting, summary } from './report.ts';

interface CreateCommandOptions extends KeyOptions {
  out: string;
}

export function addCreateCommand(group: Command, terminal: Terminal): void {
  group
    .command('create')
    .description(
      'Back up HSM, databases, files and log head into one encrypted file, also while the server runs. Reads the settings of the server (PARAPET_DATA, PARAPET_DATABASE, PARAPET_HSM_*) and runs as its user.',
    )
    .requiredOption('--out <folder|file>', 'the file to make; in a folder its name says region and time')
    .option(...PASSPHRASE_OPTION)
    .option('--recipient <file>', 'X25519 public key (PEM): only its private key opens the backup')
    .action((options: CreateCommandOptions) =>
      reporting(terminal, async () => {
        const config = terminal.serverSettings();
        const lock = await lockOf(terminal, options);
        const out = fileIn(resolve(options.out), config.region, terminal.now());
        const manifest = await createBackup({
          ...{ config, out, lock, release: RELEASE },
          now: () => terminal.now(),
          told: (line) => terminal.err(`${line}\n`),
        }).finally(() => wipe(lock));
        terminal.out(`${summary(manifest, undefined)}${out}\n`);
      }),
    );
}

function fileIn(out: string, region: string, now: number): string {
  if (!statSync(out, { throwIfNoEntry: false })?.isDirectory()) return out;
  const time = new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return join(out, `parapet-${region}-${time}.backup`);
}
