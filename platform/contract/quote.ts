/**
 * Strings as JSON. A record is mostly short strings of plain characters, which are JSON when they stand in quotation
 * marks; asking `JSON.stringify` for each costs several times as much.
 */

/** Printable ASCII without quotation mark and backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoteText(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Exactly what `JSON.stringify` gives. Undefined has no JSON. */
export function quote(value: unknown): string {
  return typeof value === 'string' ? quoteText(value) : JSON.stringify(value);
}

const labels = new Map<string, string>();
/** Names are of our own making, but tags of callers are among them. */
const MOST_LABELS = 2_000;

/** The name of a member with its colon. */
export function label(name: string): string {
  let text = labels.get(name);
  if (text === undefined) {
    text = `${quoteText(name)}:`;
    if (labels.size < MOST_LABELS) labels.set(name, text);
  }
  return text;
}
