/** Plans, applies and drift as people read them. */
import type { OutputOf } from '../../../platform/contract/operation.ts';
import type { DescribeDrift } from '../../../services/org/api/landing-zone/drift.ts';
import type { DescribePlan } from '../../../services/org/api/landing-zone/plans.ts';
import { printable } from '../../output/printable.ts';
import type { Terminal } from '../../terminal.ts';

export type Plan = OutputOf<typeof DescribePlan>['Plan'];
export type Step = OutputOf<typeof DescribePlan>['Steps'][number];
type Drift = OutputOf<typeof DescribeDrift>['Drift'][number];

const MARK = { safe: ' ', narrowing: '-', widening: '+', destructive: '!' } as const;

export function showPlan(terminal: Terminal, plan: Plan, steps: readonly Step[]): void {
  const say = (text = '') => terminal.out(`${printable(text)}\n`);
  const done = steps.filter(({ Kind }) => Kind !== 'unsupported');
  const unsupported = steps.filter(({ Kind }) => Kind === 'unsupported');
  if (done.length === 0)
    say(`Nothing to do: the organization is as ${plan.Name} wants it (revision ${plan.Revision}).`);
  else {
    const { Narrowing, Widening, Destructive } = plan.StepsByRisk;
    say(`${count(done.length, 'step')} for ${plan.Name}, from revision ${plan.Revision}`);
    say(`- ${Narrowing} narrowing   + ${Widening} widening   ! ${Destructive} destructive`);
    say();
    const width = String(done.length).length;
    for (const { Position, Risk, Summary } of done)
      say(`${MARK[Risk]} ${String(Position + 1).padStart(width)}  ${Summary}`);
  }
  list(
    say,
    'Not done by this plan, though the file names it:',
    unsupported.map(({ Summary }) => Summary),
  );
  list(
    say,
    'Warnings:',
    plan.Warnings.map(({ Message }) => Message),
    plan.WarningCount,
  );
  list(say, 'What accounts may at most do:', plan.Ceilings.flatMap(ceilingWords), plan.CeilingCount);
  list(
    say,
    'Conflicts, which have to be settled first:',
    plan.Conflicts.map(({ Message }) => Message),
    plan.ConflictCount,
  );
  say();
  say(`plan    ${plan.PlanId}`);
  say(`sha256  ${plan.Sha256}`);
  if (plan.Approvals > 1) say('This plan has to be applied by somebody else than who made it.');
}

function list(say: (text?: string) => void, title: string, lines: readonly string[], all = lines.length): void {
  if (lines.length === 0) return;
  say();
  say(title);
  for (const line of lines) say(`  ${line}`);
  if (all > lines.length) say(`  and ${all - lines.length} more`);
}

function ceilingWords(change: Plan['Ceilings'][number]): string[] {
  const { Accounts, AccountCount, Denied, DeniedCount, Restricted, RestrictedCount, Opened, OpenedCount } = change;
  const who = `${Accounts.slice(0, 5).join(', ')}${AccountCount > 5 ? ` and ${AccountCount - 5} more` : ''}`;
  const one = (words: string, names: readonly string[], all: number) =>
    all === 0 ? [] : [`${who}: ${words} ${names.slice(0, 6).join(', ')}${all > 6 ? ` and ${all - 6} more` : ''}`];
  return [
    ...one('not any more', Denied, DeniedCount),
    ...one('only under conditions', Restricted, RestrictedCount),
    ...one('more freely', Opened, OpenedCount),
  ];
}

export const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;

export function driftLine({ Type, Key, Expected, Found, Actor, At, Operation, Fix }: Drift): string {
  const who = Actor === undefined ? '' : `\n    by ${Actor} at ${new Date(At ?? 0).toISOString()} (${Operation})`;
  return `${Type} ${Key}: expected ${Expected}, found ${Found}${who}\n    ${Fix}`;
}
