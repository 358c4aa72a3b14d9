import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPassword, choicesOf, drawFrom, type PasswordPlan, planPassword } from './password.ts';

function make(rules: Parameters<typeof planPassword>[0]): string {
  const plan = planPassword(rules);
  if ('problem' in plan) throw new Error(plan.problem);
  return buildPassword(plan, drawFrom(randomBytes(choicesOf(plan) * 4 + 256))).toString('latin1');
}

describe('a random password', () => {
  it('has 32 characters of four kinds unless told otherwise', () => {
    const password = make({});
    expect(password).toMatch(/^[!-~]{32}$/);
    for (const kind of [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-zA-Z0-9]/]) expect(password).toMatch(kind);
  });

  it('keeps to any rules that can be kept', () => {
    const rules = fc.record(
      {
        PasswordLength: fc.integer({ min: 1, max: 200 }),
        ExcludeCharacters: fc.string({ maxLength: 60 }),
        ExcludeNumbers: fc.boolean(),
        ExcludePunctuation: fc.boolean(),
        ExcludeUppercase: fc.boolean(),
        ExcludeLowercase: fc.boolean(),
        IncludeSpace: fc.boolean(),
        RequireEachIncludedType: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(rules, (given) => {
        const plan = planPassword(given);
        if ('problem' in plan) return;
        const password = make(given);
        expect(password).toHaveLength(given.PasswordLength ?? 32);
        const allowed = new Set(plan.classes.join(''));
        for (const character of password) expect(allowed.has(character)).toBe(true);
        for (const character of given.ExcludeCharacters ?? '') expect(password).not.toContain(character);
        if (plan.requireEach)
          for (const kind of plan.classes)
            expect([...kind].some((character) => password.includes(character))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      'nothing is left',
      { ExcludeNumbers: true, ExcludePunctuation: true, ExcludeUppercase: true, ExcludeLowercase: true },
    ],
    ['it is shorter than the kinds it must have', { PasswordLength: 3 }],
  ])('is refused when %s', (_, rules) => expect(planPassword(rules)).toHaveProperty('problem'));

  it('draws evenly, in every position', () => {
    // Six characters, one of each kind required: 6! orders of the required ones hide in the shuffle.
    const plan: PasswordPlan = { length: 3, classes: ['ab', 'cd', 'ef'], requireEach: true };
    const rounds = 60_000;
    const counts = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const password = buildPassword(plan, drawFrom(randomBytes(64))).toString('latin1');
      for (const place of [...password].map((character, at) => `${at}${character}`))
        counts.set(place, (counts.get(place) ?? 0) + 1);
    }
    const expected = rounds / 6;
    const chi = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(18);
    // 15 degrees of freedom: beyond 60 is once in two million.
    expect(chi).toBeLessThan(60);
  });

  it('throws away what lies beyond the last whole multiple', () => {
    const random = Buffer.from([0xff, 0xff, 0x00, 0x05]);
    expect(drawFrom(random)(10)).toBe(5);
    expect(() => drawFrom(Buffer.from([0xff, 0xff]))(10)).toThrow(RangeError);
  });
});
