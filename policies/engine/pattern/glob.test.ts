import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CharacterSource, matchGlob, ONE, STAR } from './glob.ts';

const codesOf = (pattern: string) =>
  Array.from({ length: pattern.length }, (_, at) => {
    const character = pattern.charAt(at);
    return character === '*' ? STAR : character === '?' ? ONE : character.charCodeAt(0);
  });

/** The textbook table: fits[i][j] says whether the first i codes fit the first j characters. */
function oracle(pattern: string, text: string): boolean {
  const fits = Array.from({ length: pattern.length + 1 }, () => new Array<boolean>(text.length + 1).fill(false));
  fits[0]![0] = true;
  for (let i = 1; i <= pattern.length; i++) {
    for (let j = 0; j <= text.length; j++) {
      const code = pattern[i - 1];
      if (code === '*') fits[i]![j] = fits[i - 1]![j]! || (j > 0 && fits[i]![j - 1]!);
      else fits[i]![j] = j > 0 && fits[i - 1]![j - 1]! && (code === '?' || code === text[j - 1]);
    }
  }
  return fits[pattern.length]![text.length]!;
}

/** A text that counts how often the matcher looks at it. */
function counting(text: string): CharacterSource & { looks: number } {
  return {
    looks: 0,
    length: text.length,
    charCodeAt(index: number) {
      this.looks++;
      return text.charCodeAt(index);
    },
  };
}

describe('matchGlob', () => {
  it('agrees with the table on patterns and texts over a small alphabet', () => {
    const letters = (alphabet: string) => fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 });
    fc.assert(
      fc.property(letters('ab*?'), letters('ab'), (pattern, text) => {
        expect(matchGlob(codesOf(pattern), text)).toBe(oracle(pattern, text));
      }),
      { numRuns: 20_000 },
    );
  });

  it('matches within bounds as it matches the part alone', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    fc.assert(
      fc.property(
        letters,
        letters,
        letters,
        fc.string({ unit: fc.constantFrom(...'ab*?'), maxLength: 6 }),
        (before, text, after, pattern) => {
          const whole = before + text + after;
          const within = matchGlob(codesOf(pattern), whole, before.length, before.length + text.length);
          expect(within).toBe(matchGlob(codesOf(pattern), text));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['four stars against a run without the end', '*a*a*a*ab', 'a'.repeat(5_000)],
    ['alternating stars', '*ab*ab*ab*abc', 'ab'.repeat(2_500)],
    ['thirty stars', `${'*a'.repeat(30)}b`, 'a'.repeat(5_000)],
    ['a long literal after a star', `*${'a'.repeat(200)}b`, 'a'.repeat(5_000)],
    ['question marks after a star', `*${'?'.repeat(200)}b`, 'a'.repeat(5_000)],
  ])('takes at most text times pattern steps: %s', (_, pattern, text) => {
    const counted = counting(text);
    expect(matchGlob(codesOf(pattern), counted)).toBe(false);
    expect(counted.looks).toBeGreaterThan(0);
    expect(counted.looks).toBeLessThanOrEqual(text.length * pattern.length);
  });

  it('looks at each character once per star when stars are followed by single letters', () => {
    const counted = counting('a'.repeat(10_000));
    expect(matchGlob(codesOf('*a*a*a*a*b'), counted)).toBe(false);
    expect(counted.looks).toBeLessThanOrEqual(20_000);
  });
});
