/**
 * `parapet lz apply`, `resume`, `rollback`, `status`: plans being done. The service does the steps; the command only
 * watches, so stopping it stops nothing.
 */
import { type Command, Option } from 'commander';
import { createParapet, type Parapet } from '../../../sdk/index.ts';
import { EXIT, Exit } from '../../exit-code.ts';
import { print } from '../../output/print.ts';
import { printable } from '../../output/printable.ts';
import {
  addConnectionOptions,
  addSharedOptions,
  clientOptions,
  type SharedOptions,
  type Terminal,
  UsageError,
} from '../../terminal.ts';
import { addPlanOptions, makePlan, type PlanOptions, stepsOf } from './plan.ts';
import { readDocument } from './read-files.ts';
import { count, type Plan, type Step, showPlan } from './show.ts';

const RISKS = ['safe', 'narrowing', 'widening', 'destructive'] as const;

interface ApplyOptions extends PlanOptions {
  file?: string;
  accept: (typeof RISKS)[number];
  wait: boolean;
}

export function addApplyCommands(lz: Command, terminal: Terminal): void {
  const apply = lz
    .command('apply')
    .description('Do a plan, or plan a file and do it at once. Goes on in the service when this command is stopped.')
    .argument('[plan]', 'id of the plan that was looked at')
    .option('--file <file>', 'plan this landing zone and apply it, up to the risk that is accepted')
    .addOption(
      new Option('--accept <risk>', 'with --file: the gravest risk a step may have')
        .choices(RISKS)
        .default('narrowing'),
    )
    .option('--no-wait', 'do not wait for the end');
  addConnectionOptions(addPlanOptions(apply)).action(async (planId: string | undefined, options: ApplyOptions) => {
    if ((planId === undefined) === (options.file === undefined))
      throw new UsageError('name a plan, or a landing zone with --file', 'parapet lz plan prints the id of the plan');
    const document = options.file === undefined ? undefined : await readDocument(terminal, options.file, options.set);
    await withClient(terminal, options, async (client) => {
      const plan =
        document === undefined
          ? (await client.org.describePlan({ PlanId: planId as string, MaxResults: 1 })).Plan
          : await acceptedPlan(client, terminal, document, options);
      const { Apply } = await client.org.applyPlan({ PlanId: plan.PlanId, Sha256: plan.Sha256 });
      terminal.out(`apply ${Apply.ApplyId}\n`);
      if (options.wait) await watch(client, terminal, Apply.ApplyId, await stepsOf(client, plan.PlanId), 0);
    });
  });
  addResumeCommand(lz, terminal);
  addRollBackCommand(lz, terminal);
  addStatusCommand(lz, terminal);
}

async function withClient(
  terminal: Terminal,
  options: SharedOptions,
  work: (client: Parapet) => Promise<void>,
): Promise<void> {
  const client = createParapet(await clientOptions(terminal, options));
  try {
    await work(client);
  } finally {
    client.close();
  }
}

async function acceptedPlan(
  client: Parapet,
  terminal: Terminal,
  document: string,
  options: ApplyOptions,
): Promise<Plan> {
  const plan = await makePlan(client, document, options);
  showPlan(terminal, plan, await stepsOf(client, plan.PlanId));
  if (!plan.Applicable) throw new Exit(EXIT.refused);
  if (RISKS.indexOf(plan.Risk) <= RISKS.indexOf(options.accept)) return plan;
  terminal.err(`error: the plan is ${plan.Risk}\n  hint: parapet lz apply ${plan.PlanId}, or --accept ${plan.Risk}\n`);
  throw new Exit(EXIT.refused);
}

const LOOK_MS = 300;

async function watch(
  client: Parapet,
  terminal: Terminal,
  ApplyId: string,
  steps: readonly Step[],
  from: number,
): Promise<void> {
  let shown = from;
  while (!terminal.stopped.aborted) {
    const { Apply } = await client.org.describeApply({ ApplyId, MaxResults: 1 });
    for (; shown < Apply.Done; shown++)
      terminal.out(`[${shown + 1}/${Apply.StepCount}] ${printable(steps[shown]?.Summary ?? '')}\n`);
    if (Apply.State === 'SUCCEEDED') {
      terminal.out(`applied: ${count(Apply.StepCount, 'step')}\n`);
      return;
    }
    if (Apply.State === 'FAILED') {
      const { Position = 0, Code = '', Message = '' } = Apply.Failure ?? {};
      terminal.err(`error: ${printable(`${Code}: step ${Position + 1} could not be done: ${Message}`)}\n`);
      terminal.err(
        `  hint: parapet lz resume ${ApplyId} tries it again, parapet lz rollback ${ApplyId} plans the way back\n`,
      );
      throw new Exit(EXIT.refused);
    }
    await terminal.pause(LOOK_MS);
  }
  terminal.err(`the apply goes on: parapet lz status ${ApplyId}\n`);
}

function addResumeCommand(lz: Command, terminal: Terminal): void {
  const command = lz
    .command('resume')
    .description('Go on with an apply that stopped at a step.')
    .argument('<apply>', 'id of the apply');
  addConnectionOptions(command).action(async (ApplyId: string, options: SharedOptions) => {
    await withClient(terminal, options, async (client) => {
      const { Apply } = await client.org.resumeApply({ ApplyId });
      await watch(client, terminal, ApplyId, await stepsOf(client, Apply.PlanId), Apply.Done);
    });
  });
}

function addRollBackCommand(lz: Command, terminal: Terminal): void {
  const command = lz
    .command('rollback')
    .description('Plan the way back to what was before an apply. The plan is then applied like any other.')
    .argument('<apply>', 'id of the apply');
  addSharedOptions(command, 'table').action(async (ApplyId: string, options: SharedOptions) => {
    await withClient(terminal, options, async (client) => {
      const { Plan: plan } = await client.org.rollBackApply({ ApplyId });
      const steps = await stepsOf(client, plan.PlanId);
      if (options.output === 'json') print(terminal, { ...plan, Steps: steps }, 'json');
      else showPlan(terminal, plan, steps);
    });
  });
}

function addStatusCommand(lz: Command, terminal: Terminal): void {
  const command = lz
    .command('status')
    .description('Tell how far an apply is; without an id, list the applies.')
    .argument('[apply]', 'id of the apply');
  addSharedOptions(command, 'table').action(async (ApplyId: string | undefined, options: SharedOptions) => {
    await withClient(terminal, options, async (client) => {
      const answer =
        ApplyId === undefined
          ? await client.org.listApplies({ MaxResults: 20 })
          : await client.org.describeApply({ ApplyId });
      print(terminal, answer, options.output);
    });
  });
}
