import { describe, expect, it } from 'vitest';
import { decide, type ProbeAnswer, type ProbedLabel } from './recovery.ts';
import type { RotationStep } from './run.ts';

const STEPS: RotationStep[] = ['create', 'set', 'test', 'finish', 'retire', 'withdraw'];
const ANSWERS: ProbeAnswer[] = ['valid', 'refused', 'unreachable', 'absent'];

function final(step: RotationStep, truth: Record<ProbedLabel, ProbeAnswer>, guardWaived = false) {
  const asked: ProbedLabel[] = [];
  for (;;) {
    const decision = decide(step, Object.fromEntries(asked.map((label) => [label, truth[label]])), guardWaived);
    if (!('ask' in decision)) return { decision, asked };
    expect(asked).not.toContain(decision.ask);
    asked.push(decision.ask);
  }
}

describe('what a runner does that does not know how far the last one came', () => {
  it.each<[RotationStep, ProbeAnswer, ProbeAnswer, ProbeAnswer, object]>([
    // step, pending, current, previous
    ['create', 'absent', 'valid', 'valid', { do: 'create' }],
    ['create', 'absent', 'unreachable', 'unreachable', { do: 'create' }],
    ['set', 'refused', 'valid', 'valid', { do: 'set' }],
    ['set', 'refused', 'absent', 'absent', { do: 'set' }],
    ['set', 'valid', 'refused', 'refused', { do: 'set' }],
    ['set', 'refused', 'unreachable', 'valid', { wait: 'unreachable' }],
    ['set', 'unreachable', 'valid', 'valid', { wait: 'unreachable' }],
    ['set', 'refused', 'refused', 'valid', { fail: 'out-of-sync', accepts: 'previous' }],
    ['set', 'refused', 'refused', 'refused', { fail: 'out-of-sync', accepts: 'none' }],
    ['set', 'refused', 'refused', 'unreachable', { wait: 'unreachable' }],
    ['set', 'absent', 'valid', 'valid', { fail: 'value-unavailable' }],
    ['test', 'valid', 'refused', 'refused', { do: 'test' }],
    ['test', 'refused', 'valid', 'refused', { do: 'set' }],
    ['finish', 'valid', 'unreachable', 'refused', { do: 'finish' }],
    ['finish', 'refused', 'refused', 'absent', { fail: 'out-of-sync', accepts: 'none' }],
    ['retire', 'absent', 'valid', 'refused', { do: 'retire' }],
    ['retire', 'absent', 'refused', 'valid', { fail: 'out-of-sync', accepts: 'previous' }],
    ['withdraw', 'valid', 'valid', 'refused', { do: 'withdraw' }],
    ['withdraw', 'valid', 'refused', 'refused', { fail: 'out-of-sync', accepts: 'none' }],
  ])('%s with pending %s, current %s, previous %s', (step, pending, current, previous, expected) => {
    expect(final(step, { pending, current, previous }).decision).toEqual(expected);
  });

  it('closes nothing unless the current credential was accepted, and concludes nothing from silence', () => {
    for (const step of STEPS)
      for (const pending of ANSWERS)
        for (const current of ANSWERS)
          for (const previous of ANSWERS)
            for (const waived of [false, true]) {
              const truth = { pending, current, previous };
              const { decision, asked } = final(step, truth, waived);
              if ('do' in decision && (decision.do === 'retire' || decision.do === 'withdraw'))
                expect(current).toBe('valid');
              if (asked.some((label) => truth[label] === 'unreachable'))
                expect(decision).toEqual({ wait: 'unreachable' });
              if ('fail' in decision && decision.fail === 'out-of-sync') {
                expect(waived && step !== 'withdraw').toBe(false);
                expect(current === 'valid' || (pending === 'valid' && step !== 'retire' && step !== 'withdraw')).toBe(
                  false,
                );
              }
            }
  });
});
