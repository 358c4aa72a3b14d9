/**
 * Simple case folding (one code point to one code point), as StringEqualsIgnoreCase needs it. `toLowerCase` alone is
 * not it: it turns a final capital sigma into another letter than one in the middle, and leaves the long s alone.
 */

const ASCII = /^[\x00-\x7f]*$/;
/** Its capital is the plain I, but it does not fold to the plain i outside Turkic languages. */
const DOTLESS_I = '\u0131';

/** Two strings are equal ignoring case exactly when their folds are equal. */
export function foldCase(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase();
  let folded = '';
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

function foldCharacter(character: string): string {
  if (character === DOTLESS_I) return character;
  const upper = character.toUpperCase();
  const base = isOneCodePoint(upper) ? upper : character;
  const lower = base.toLowerCase();
  return isOneCodePoint(lower) ? lower : base;
}

function isOneCodePoint(text: string): boolean {
  return text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);
}
