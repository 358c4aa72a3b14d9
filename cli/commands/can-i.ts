/** `parapet can-i`: may I (or somebody else of the account) do this, and why. Exit code 0 yes, 1 no. */
import type { Command } from 'commander';
import { createParapet } from '../../sdk/index.ts';
import { Exit } from '../exit-code.ts';
import { parseShorthand } from '../input/shorthand.ts';
import { print } from '../output/print.ts';
import { printable } from '../output/printable.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal } from '../terminal.ts';

interface CanIOptions extends SharedOptions {
  principal?: string;
  context?: string[];
}

export function addCanICommand(program: Command, terminal: Terminal): void {
  const command = program
    .command('can-i')
    .description('Ask whether an action is permitted, and why (not). Exit code 0: yes, 1: no.')
    .argument('<action>', 'for example kms:Decrypt')
    .argument('<resource>', 'ARN, or * for actions without a resource')
    .option('--principal <arn>', 'a user of the account, in place of the caller')
    .option('--context <key=value...>', 'condition keys of the request; a repeated key has several values');
  addSharedOptions(command, 'table').action(async (action: string, resource: string, options: CanIOptions) => {
    const client = createParapet(await clientOptions(terminal, options));
    try {
      const answer = await client.authz.authorize({
        Action: action,
        Resource: resource,
        Explain: true,
        ...(options.principal !== undefined && { Principal: options.principal }),
        ...(options.context && { Context: contextOf(options.context) }),
      });
      if (options.output === 'json') print(terminal, answer, 'json');
      else terminal.out(explain(answer));
      if (answer.Decision !== 'Allow') throw new Exit(1);
    } finally {
      client.close();
    }
  });
}

function contextOf(texts: readonly string[]): Record<string, string | string[]> {
  const context = new Map<string, string | string[]>();
  for (const [key, value] of texts.flatMap((text) => parseShorthand(text, '--context'))) {
    const before = context.get(key);
    context.set(key, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(context);
}

interface Answer {
  Decision: 'Allow' | 'Deny';
  Reason: string;
  Message: string;
  DecisionId: string;
  MissingContextKeys: string[];
  Layers: {
    Layer: string;
    Outcome: string;
    Statements: {
      PolicyArn: string;
      Version?: string | undefined;
      Sid?: string | undefined;
      Index: number;
      Line: number;
    }[];
  }[];
}

function explain(answer: Answer): string {
  const lines = [
    `${answer.Decision === 'Allow' ? 'yes' : 'no'} (${answer.Reason})${answer.Message === '' ? '' : `: ${answer.Message}`}`,
  ];
  for (const { Layer, Outcome, Statements } of answer.Layers) {
    lines.push(`  ${Layer}: ${Outcome}`);
    for (const s of Statements) {
      const version = s.Version === undefined ? '' : ` ${s.Version}`;
      lines.push(`    ${s.PolicyArn}${version}, statement ${s.Sid || s.Index}, line ${s.Line}`);
    }
  }
  if (answer.MissingContextKeys.length > 0)
    lines.push(`  unknown in this request: ${answer.MissingContextKeys.join(', ')}`);
  lines.push(`  decision id: ${answer.DecisionId}`);
  return lines.map((line) => `${printable(line)}\n`).join('');
}
