/** A step of the journal at a target: first what the target says (`domain/rotation/recovery.ts`), then the effect. */
import { type Decision, decide, type ProbeAnswer, type ProbedLabel } from '../domain/rotation/recovery.ts';
import type { RotationStep } from '../domain/rotation/run.ts';
import type { Credential, RotationTarget } from './port.ts';

/** By label, as the labels are now: `finish` is followed by a move, after which the outgoing value is the previous. */
export type LabelledCredentials = Readonly<Partial<Record<ProbedLabel, Credential>>>;

export async function nextStep(
  target: RotationTarget,
  step: RotationStep,
  values: LabelledCredentials,
  guardWaived: boolean,
): Promise<Exclude<Decision, { ask: ProbedLabel }>> {
  const answers: Partial<Record<ProbedLabel, ProbeAnswer>> = {};
  for (;;) {
    const decision = decide(step, answers, guardWaived);
    if (!('ask' in decision)) return decision;
    const credential = values[decision.ask];
    answers[decision.ask] = credential === undefined ? 'absent' : (await target.probe(credential)).answer;
  }
}

/** The effect of a step; `create` is what the target needs before there can be a value. */
export async function carryOut(
  target: RotationTarget,
  step: RotationStep,
  values: LabelledCredentials,
  options: { guardWaived: boolean; sessions: 'keep' | 'end' },
): Promise<void> {
  const { pending, current, previous } = values;
  const { sessions } = options;
  if (step === 'create') return target.prepare();
  if (step === 'withdraw')
    return pending && current ? target.retire({ outgoing: pending, keep: [current], sessions }) : undefined;
  if (step === 'retire')
    return previous && current
      ? target.retire({ outgoing: previous, keep: pending ? [current, pending] : [current], sessions })
      : undefined;
  // Once the label has moved, only a reset sets anything, and then what consumers have.
  const wanted = pending ?? current;
  if (wanted === undefined) return;
  const replaced = pending === undefined || options.guardWaived ? undefined : current;
  const change = { pending: wanted, ...(replaced && { current: replaced }) };
  if (step === 'set') return target.set(change);
  return step === 'test' ? target.verify(change) : target.finish(change);
}
