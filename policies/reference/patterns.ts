// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders
/** Patterns of the reference evaluator: a list of characters, wildcards and variables, matched by following all readings. */
import type { ContextMap } from '../engine/index.ts';

export type Piece =
  | { readonly type: 'character'; readonly character: string }
  | { readonly type: 'star' }
  | { readonly type: 'one' }
  | { readonly type: 'variable'; readonly key: string; readonly fallback: string | undefined };

/** Reads a valid pattern. */
export function parsePattern(text: string, wildcards: boolean, variables: boolean): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < text.length; at++) {
    if (variables && text.startsWith('${', at)) {
      const variable = /^\$\{([^},]*)(?:, '([^']*)')?\}/.exec(text.slice(at));
      if (!variable) throw new Error(`variable in ${text} is malformed`);
      const name = variable[1] ?? '';
      if (name === '*' || name === '?' || name === '$') pieces.push({ type: 'character', character: name });
      else pieces.push({ type: 'variable', key: name.toLowerCase(), fallback: variable[2] });
      at += variable[0].length - 1;
      continue;
    }
    const character = text.charAt(at);
    if (wildcards && character === '*') pieces.push({ type: 'star' });
    else if (wildcards && character === '?') pieces.push({ type: 'one' });
    else pieces.push({ type: 'character', character });
  }
  return pieces;
}

/** Replaces variables by the characters of their values; undefined when one does not resolve (iam.md 1.8). */
export function substitute(pieces: readonly Piece[], context: ContextMap): Piece[] | undefined {
  const result: Piece[] = [];
  for (const piece of pieces) {
    if (piece.type !== 'variable') {
      result.push(piece);
      continue;
    }
    const value = context.has(piece.key) ? context.get(piece.key) : piece.fallback;
    if (typeof value !== 'string') return undefined;
    for (let at = 0; at < value.length; at++) result.push({ type: 'character', character: value.charAt(at) });
  }
  return result;
}

/** The whole text fits the pattern. Follows every way to read it at once: the places reached after each piece. */
export function globMatches(pieces: readonly Piece[], text: string, context: ContextMap): boolean {
  const pattern = substitute(pieces, context);
  if (pattern === undefined) return false;
  let places = [0];
  for (const piece of pattern) {
    const [first] = places;
    if (first === undefined) return false;
    if (piece.type === 'star') places = Array.from({ length: text.length - first + 1 }, (_, run) => first + run);
    else {
      const fits = (place: number) =>
        place < text.length && (piece.type !== 'character' || piece.character === text.charAt(place));
      places = places.filter(fits).map((place) => place + 1);
    }
  }
  return places.includes(text.length);
}

/** Cuts at the first five colons. */
export function splitAtColons(pieces: readonly Piece[]): Piece[][] {
  const parts: Piece[][] = [[]];
  for (const piece of pieces) {
    if (piece.type === 'character' && piece.character === ':' && parts.length < 6) parts.push([]);
    else parts[parts.length - 1]?.push(piece);
  }
  return parts;
}

/** The six segments of an ARN; undefined when the text has fewer. */
export function arnSegments(text: string): string[] | undefined {
  const parts = text.split(':');
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
