/** `parapet lz validate`: everything that is wrong with a landing zone, without a server. Exit code 0: nothing is. */
import { type Command, Option } from 'commander';
import { hasErrors } from '../../../services/org/domain/landing-zone/file/finding.ts';
import { EXIT, Exit } from '../../exit-code.ts';
import { print } from '../../output/print.ts';
import type { Terminal } from '../../terminal.ts';
import { DEFAULT_FILE, readFiles, showFindings } from './read-files.ts';
import { count } from './show.ts';

export function addValidateCommand(lz: Command, terminal: Terminal): void {
  lz.command('validate')
    .description('Check a landing zone: every fault with its line and column. Nothing is sent.')
    .argument('[file]', 'the landing zone', DEFAULT_FILE)
    .addOption(new Option('--output <format>', 'how faults are printed').choices(['text', 'json']).default('text'))
    .action(async (file: string, { output }: { output: string }) => {
      const { findings, landingZone, ceilings } = await readFiles(terminal, file);
      if (output === 'json') print(terminal, findings, 'json');
      else showFindings(terminal, findings);
      if (hasErrors(findings) || !landingZone) throw new Exit(EXIT.usage);
      if (output === 'json') return;
      const { accounts, guardrailSets } = landingZone;
      terminal.out(
        `${file} is a landing zone: ${count(accounts.length, 'account')}, ${count(guardrailSets.length, 'guardrail set')}, ${ceilings.length} policies\n`,
      );
    });
}
