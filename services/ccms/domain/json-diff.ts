/** What differs between two values, told by the names of keys alone. */
export interface ValueDiff {
  Equal: boolean;
  Comparable: 'json' | 'opaque';
  Added: string[];
  Removed: string[];
  Changed: string[];
}

const MOST_KEYS = 10_000;

/** @param equal whether the bytes are the same */
export function diffValues(from: Buffer, to: Buffer, equal: boolean): ValueDiff {
  const opaque: ValueDiff = { Equal: equal, Comparable: 'opaque', Added: [], Removed: [], Changed: [] };
  const before = objectOf(from);
  const after = objectOf(to);
  if (!before || !after) return opaque;
  const names = (map: ReadonlyMap<string, string>, keep: (name: string) => boolean) =>
    [...map.keys()].filter(keep).sort();
  return {
    Equal: equal,
    Comparable: 'json',
    Added: names(after, (name) => !before.has(name)),
    Removed: names(before, (name) => !after.has(name)),
    Changed: names(after, (name) => before.has(name) && before.get(name) !== after.get(name)),
  };
}

/** Members of a JSON object with their canonical text; undefined: it is none. */
function objectOf(value: Buffer): Map<string, string> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
  const entries = Object.entries(parsed);
  if (entries.length > MOST_KEYS) return undefined;
  return new Map(entries.map(([name, member]) => [name, canonical(member)]));
}

/** Key order does not count. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}
