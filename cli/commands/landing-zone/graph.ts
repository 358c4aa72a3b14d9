/** `parapet lz graph`: the tree that a landing zone describes. */
import type { Command } from 'commander';
import type { UnitFile } from '../../../services/org/api/landing-zone/file.ts';
import { EXIT, Exit } from '../../exit-code.ts';
import { printable } from '../../output/printable.ts';
import type { Terminal } from '../../terminal.ts';
import { DEFAULT_FILE, readFiles, showFindings } from './read-files.ts';

interface Node {
  label: string;
  children: Node[];
}

export function addGraphCommand(lz: Command, terminal: Terminal): void {
  lz.command('graph')
    .description('Draw the units and accounts of a landing zone with their guardrails.')
    .argument('[file]', 'the landing zone', DEFAULT_FILE)
    .action(async (file: string) => {
      const { findings, landingZone } = await readFiles(terminal, file);
      showFindings(terminal, findings);
      if (!landingZone) throw new Exit(EXIT.usage);
      const { accounts, organizationalUnits, root } = landingZone;
      const accountsUnder = (key: string): Node[] =>
        accounts
          .filter(({ parent }) => parent === key)
          .map(({ key: own, guardrails }) => ({ label: label(`${own} (account)`, guardrails), children: [] }));
      const unit = ({ key, guardrails, children }: UnitFile): Node => ({
        label: label(key, guardrails),
        children: [...children.map(unit), ...accountsUnder(key)],
      });
      const tree = {
        label: label('root', root.guardrails),
        children: [...organizationalUnits.map(unit), ...accountsUnder('root')],
      };
      terminal.out(`${[tree.label, ...draw(tree.children, '')].map(printable).join('\n')}\n`);
    });
}

const label = (key: string, guardrails: readonly string[]) =>
  guardrails.length === 0 ? key : `${key}  [${guardrails.join(', ')}]`;

function draw(nodes: readonly Node[], indent: string): string[] {
  return nodes.flatMap(({ label: text, children }, i) => {
    const last = i === nodes.length - 1;
    return [`${indent}${last ? '`-' : '|-'} ${text}`, ...draw(children, `${indent}${last ? '  ' : '|  '}`)];
  });
}
