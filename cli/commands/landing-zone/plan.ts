/** `parapet lz plan`: what would change. Exit code 0: it can be applied, 2: conflicts have to be settled first. */
import { type Command, Option } from 'commander';
import { createParapet, type Parapet } from '../../../sdk/index.ts';
import { EXIT, Exit } from '../../exit-code.ts';
import { print } from '../../output/print.ts';
import { addSharedOptions, clientOptions, type SharedOptions, type Terminal, UsageError } from '../../terminal.ts';
import { DEFAULT_FILE, readDocument } from './read-files.ts';
import { type Plan, type Step, showPlan } from './show.ts';

export interface PlanOptions extends SharedOptions {
  prefer?: 'file' | 'live';
  allowProtected?: boolean;
  set?: string[];
}

export function addPlanOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--prefer <side>', 'settle conflicts and drift for the file or for what is there').choices([
        'file',
        'live',
      ]),
    )
    .option('--allow-protected', 'let the plan delete, move, stop and loosen what the settings protect')
    .option('--set <name=value...>', 'parameters, in place of their defaults');
}

export function addPlanCommand(lz: Command, terminal: Terminal): void {
  const command = lz
    .command('plan')
    .description('Compare a landing zone with the organization and say what would change, step by step.')
    .argument('[file]', 'the landing zone', DEFAULT_FILE);
  addSharedOptions(addPlanOptions(command), 'table').action(async (file: string, options: PlanOptions) => {
    const document = await readDocument(terminal, file, options.set);
    const client = createParapet(await clientOptions(terminal, options));
    try {
      const plan = await makePlan(client, document, options);
      const steps = await stepsOf(client, plan.PlanId);
      if (options.output === 'json') print(terminal, { ...plan, Steps: steps }, 'json');
      else showPlan(terminal, plan, steps);
      if (!plan.Applicable) throw new Exit(EXIT.refused);
      if (options.output !== 'json' && plan.StepCount > 0) terminal.out(`\nparapet lz apply ${plan.PlanId}\n`);
    } finally {
      client.close();
    }
  });
}

const MAX_DOCUMENT = 900_000;

export async function makePlan(client: Parapet, Document: string, options: PlanOptions): Promise<Plan> {
  if (Document.length > MAX_DOCUMENT)
    throw new UsageError(`the landing zone has ${Document.length} characters, a request holds ${MAX_DOCUMENT}`);
  const { Plan: plan } = await client.org.planLandingZone({
    Document,
    ...(options.prefer && { Prefer: options.prefer }),
    ...(options.allowProtected && { AllowProtected: true }),
  });
  return plan;
}

export async function stepsOf(client: Parapet, PlanId: string): Promise<Step[]> {
  const steps: Step[] = [];
  for await (const page of client.org.paginate.describePlan({ PlanId, MaxResults: 1000 })) steps.push(...page.Steps);
  return steps;
}
