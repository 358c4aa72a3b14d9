/**
 * Some members of a JSON object, as they stand in its text: numbers keep every digit, and nothing of the other members
 * is left. Of a key that stands twice the last one counts, as for every reader of JSON.
 */

/** The object with only these keys, in their order; undefined: the text is no JSON object. */
export function pickFields(text: string, fields: readonly string[]): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const members = membersOf(text);
  const picked = [...new Set(fields)].flatMap((field) => {
    const value = members.get(field);
    return value === undefined ? [] : [`${JSON.stringify(field)}:${value}`];
  });
  return `{${picked.join(',')}}`;
}

/** Of a text that is a JSON object: key to the text of its value. */
function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = text.indexOf('{') + 1;
  for (;;) {
    at = skipBlank(text, at);
    if (text[at] === '}') return members;
    const keyEnd = endOfString(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    // Behind the colon.
    const from = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const to = endOfValue(text, from);
    members.set(key, text.slice(from, to));
    at = skipBlank(text, to);
    if (text[at] === ',') at++;
  }
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  return at;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

const STOPS = new Set([',', '}', ']', ' ', '\n', '\r', '\t']);

function endOfValue(text: string, from: number): number {
  if (text[from] === '"') return endOfString(text, from);
  let at = from;
  if (text[from] !== '{' && text[from] !== '[') {
    while (!STOPS.has(text[at] as string)) at++;
    return at;
  }
  let depth = 0;
  do {
    const c = text[at];
    if (c === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (c === '{' || c === '[') depth++;
    if (c === '}' || c === ']') depth--;
    at++;
  } while (depth > 0);
  return at;
}
