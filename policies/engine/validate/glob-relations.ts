/** How the texts that two patterns match relate to each other; used for advice only, never for a decision. */
import { ONE, pushLiteral, STAR } from '../pattern/glob.ts';

/**
 * Whether every text that fits `narrow` fits `wide`. Sound, not complete; variables are compared as text, and the
 * segments of ARNs one by one because a wildcard does not reach over a colon there.
 */
export function covers(wide: string, narrow: string): boolean {
  if (wide === '*') return true;
  if (!wide.startsWith('arn:')) return coversGlob(wide, narrow);
  const [left, right] = [segments(wide), segments(narrow)];
  if (left.length !== 6 || right.length !== 6) return wide === narrow;
  return left.every((segment, index) => coversGlob(segment, right[index]!));
}

function segments(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length < 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** The matcher's walk, with the wildcards of `narrow` as characters that only wildcards of `wide` can take. */
function coversGlob(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  const [pattern, text] = [codes(wide), codes(narrow)];
  let [at, position, lastStar, resume] = [0, 0, -1, 0];
  while (position < text.length) {
    if (pattern[at] === STAR) {
      lastStar = at++;
      resume = position;
    } else if (pattern[at] === text[position] || (pattern[at] === ONE && text[position] !== STAR)) {
      at++;
      position++;
    } else if (lastStar >= 0) {
      at = lastStar + 1;
      position = ++resume;
    } else return false;
  }
  while (pattern[at] === STAR) at++;
  return at === pattern.length;
}

function codes(text: string): number[] {
  const result: number[] = [];
  for (const character of text) {
    if (character === '*') result.push(STAR);
    else if (character === '?') result.push(ONE);
    else pushLiteral(result, character);
  }
  return result;
}

/** Whether some ARN fits both patterns, segment by segment; a variable counts as a star. */
export function arnsOverlap(a: string, b: string): boolean {
  const [left, right] = [segments(withoutVariables(a)), segments(withoutVariables(b))];
  if (left.length !== 6 || right.length !== 6) return true;
  return left.every((segment, index) => globsOverlap(codes(segment), codes(right[index]!)));
}

function withoutVariables(pattern: string): string {
  return pattern.replaceAll(/\$\{[^}]*\}/g, '*');
}

/** reachable[j]: the first i codes of `a` and the first j of `b` have a text in common. */
function globsOverlap(a: readonly number[], b: readonly number[]): boolean {
  let reachable = b.map(() => false);
  reachable.push(false);
  for (let i = 0; i <= a.length; i++) {
    const next: boolean[] = [];
    for (let j = 0; j <= b.length; j++) {
      if (i === 0 && j === 0) {
        next.push(true);
        continue;
      }
      const [left, right] = [a[i - 1], b[j - 1]];
      const skipLeft = i > 0 && left === STAR && reachable[j] === true;
      const skipRight = j > 0 && right === STAR && next[j - 1] === true;
      const leftTakes = j > 0 && left === STAR && right !== STAR && next[j - 1] === true;
      const rightTakes = i > 0 && right === STAR && left !== STAR && reachable[j] === true;
      const same = left === right || left === ONE || right === ONE;
      const together = i > 0 && j > 0 && left !== STAR && right !== STAR && same && reachable[j - 1] === true;
      next.push(skipLeft || skipRight || leftTakes || rightTakes || together);
    }
    reachable = next;
  }
  return reachable[b.length] === true;
}
