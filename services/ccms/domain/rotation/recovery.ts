/**
 * What a runner does when it does not know how far the last one came (spec ccms 3.6.2): it asks the target which of
 * the values it accepts, in the order PENDING, CURRENT, PREVIOUS, and no further than it needs to.
 *
 * INVARIANT: an unreachable target decides nothing. INVARIANT: what is current or about to be is never closed while
 * the target has not just accepted what replaces it.
 */
import type { RotationStep } from './run.ts';

/** `absent`: there is no such version, or it has no value. */
export type ProbeAnswer = 'valid' | 'refused' | 'unreachable' | 'absent';
export type ProbedLabel = 'pending' | 'current' | 'previous';
export type ProbeAnswers = Readonly<Partial<Record<ProbedLabel, ProbeAnswer>>>;

export type Decision =
  /** Not enough is known: probe this one. */
  | { readonly ask: ProbedLabel }
  /** `set` when a later step was recorded: the target has forgotten the value. */
  | { readonly do: RotationStep }
  | { readonly wait: 'unreachable' }
  /** With the value that the target accepts, if it is one of ours. */
  | { readonly fail: 'out-of-sync'; readonly accepts: 'previous' | 'none' }
  | { readonly fail: 'value-unavailable' };

/** @param guardWaived an administrator has ordered the value to be set whatever the target accepts now */
export function decide(step: RotationStep, answers: ProbeAnswers, guardWaived = false): Decision {
  // The value is not durable yet, so the target cannot have heard of it.
  if (step === 'create') return { do: 'create' };
  if (step === 'retire' || step === 'withdraw') return afterCurrent(step, answers, guardWaived);

  const { pending, current } = answers;
  if (pending === undefined) return { ask: 'pending' };
  if (pending === 'unreachable') return { wait: 'unreachable' };
  if (pending === 'absent') return { fail: 'value-unavailable' };
  if (pending === 'valid') return { do: step };
  if (guardWaived) return { do: 'set' };
  if (current === undefined) return { ask: 'current' };
  if (current === 'unreachable') return { wait: 'unreachable' };
  // The first value of a secret replaces nothing.
  if (current === 'valid' || current === 'absent') return { do: 'set' };
  return outOfSync(answers);
}

/** The label has moved (retire), or never will (withdraw): consumers have CURRENT, the other one is to be closed. */
function afterCurrent(step: 'retire' | 'withdraw', answers: ProbeAnswers, guardWaived: boolean): Decision {
  const { current } = answers;
  if (current === undefined) return { ask: 'current' };
  if (current === 'unreachable') return { wait: 'unreachable' };
  if (current === 'valid') return { do: step };
  // Reset after the label moved: the current value is set again, then the old one is closed.
  if (guardWaived && step === 'retire') return { do: 'set' };
  return outOfSync(answers);
}

function outOfSync({ previous }: ProbeAnswers): Decision {
  if (previous === undefined) return { ask: 'previous' };
  if (previous === 'unreachable') return { wait: 'unreachable' };
  return { fail: 'out-of-sync', accepts: previous === 'valid' ? 'previous' : 'none' };
}
