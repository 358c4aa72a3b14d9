/**
 * The one wildcard matcher. Guarantees a bound of text length times pattern length steps, whatever the pattern: it
 * remembers only the last star and never a stack of choices. No RegExp is ever built from policy text.
 */

/** Any run of characters, also none. */
export const STAR = -1;
/** Exactly one character (UTF-16 code unit). */
export const ONE = -2;

/** A pattern: UTF-16 code units, `STAR` and `ONE`. */
export type GlobCodes = ArrayLike<number>;

/** What the matcher needs of a string; a test counts the calls. */
export type CharacterSource = Pick<string, 'length' | 'charCodeAt'>;

/** True when the whole of `text` between `from` and `to` fits the pattern. */
export function matchGlob(codes: GlobCodes, text: CharacterSource, from = 0, to = text.length): boolean {
  const end = codes.length;
  let at = 0;
  let position = from;
  let lastStar = -1;
  let resume = from;
  while (position < to) {
    const code = at < end ? codes[at]! : Number.NaN;
    if (code === STAR) {
      if (at === end - 1) return true;
      lastStar = at++;
      resume = position;
    } else if (code === ONE || code === text.charCodeAt(position)) {
      at++;
      position++;
    } else if (lastStar >= 0) {
      // INVARIANT: only the last star is ever widened; earlier ones already took the shortest run that works.
      at = lastStar + 1;
      position = ++resume;
    } else {
      return false;
    }
  }
  while (at < end && codes[at] === STAR) at++;
  return at === end;
}

/** Appends the code units of a literal. */
export function pushLiteral(codes: number[], literal: string): void {
  for (let index = 0; index < literal.length; index++) codes.push(literal.charCodeAt(index));
}
