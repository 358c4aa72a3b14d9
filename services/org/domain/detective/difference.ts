/** What changed between two versions of a configuration, member by member. */
import type { JsonValue } from './json-schema.ts';

export interface MemberChange {
  /** RFC 6901. */
  readonly path: string;
  /** Undefined: the member was not there. */
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

const MAX_CHANGES = 200;

/** At most 200 changes, in the order of paths; what is left out makes the list end with a change of the whole. */
export function differences(before: JsonValue | undefined, after: JsonValue | undefined): MemberChange[] {
  const changes: MemberChange[] = [];
  compare(before, after, '', changes);
  return changes.length <= MAX_CHANGES ? changes : [...changes.slice(0, MAX_CHANGES - 1), { path: '', before, after }];
}

function compare(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  path: string,
  changes: MemberChange[],
): void {
  if (before === after || changes.length > MAX_CHANGES) return;
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after)) {
    changes.push({ path, before, after });
    return;
  }
  const left = before as Readonly<Record<string, JsonValue>>;
  const right = after as Readonly<Record<string, JsonValue>>;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  const order = Array.isArray(before) ? [...names] : [...names].sort();
  for (const name of order) {
    const own = (from: Readonly<Record<string, JsonValue>>) => (Object.hasOwn(from, name) ? from[name] : undefined);
    compare(own(left), own(right), `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, changes);
  }
}

function isTree(value: JsonValue | undefined): value is Exclude<JsonValue, null | boolean | number | string> {
  return typeof value === 'object' && value !== null;
}
