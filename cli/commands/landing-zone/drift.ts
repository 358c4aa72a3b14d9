/** `parapet lz drift`: where the organization differs from what was applied. Exit code 0: nowhere, 1: somewhere. */
import type { Command } from 'commander';
import { createParapet } from '../../../sdk/index.ts';
import { Exit } from '../../exit-code.ts';
import { print } from '../../output/print.ts';
import { printable } from '../../output/printable.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal } from '../../terminal.ts';
import { driftLine } from './show.ts';

export function addDriftCommand(lz: Command, terminal: Terminal): void {
  const command = lz
    .command('drift')
    .description('Say where the organization differs from what was applied, who changed it and when.');
  addSharedOptions(command, 'table').action(async (options: SharedOptions) => {
    const client = createParapet(await clientOptions(terminal, options));
    try {
      const drift = [];
      let applied: unknown;
      for await (const page of client.org.paginate.describeDrift({ MaxResults: 1000 })) {
        drift.push(...page.Drift);
        applied = page.AppliedAt;
      }
      if (options.output === 'json') print(terminal, drift, 'json');
      else if (applied === undefined) terminal.out('no landing zone was applied yet\n');
      else if (drift.length === 0) terminal.out('no drift\n');
      else for (const one of drift) terminal.out(`${driftLine(one).split('\n').map(printable).join('\n')}\n`);
      if (drift.length > 0) throw new Exit(1);
    } finally {
      client.close();
    }
  });
}
