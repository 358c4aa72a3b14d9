/**
 * What a policy document forbids and what it allows, statement by statement, so that two documents can be compared:
 * whether one is at least as strict as the other, and what a document looks like that is as strict as both.
 */

type Json = unknown;
type Statement = Readonly<Record<string, Json>>;

export interface Anatomy {
  allows: readonly Statement[];
  denies: readonly Statement[];
}

const known = new Map<string, Anatomy>();
const REMEMBERED = 2000;

/** Statements without Sid, in one order. Documents are JSON that compiled. */
export function anatomyOf(content: string): Anatomy {
  const before = known.get(content);
  if (before) return before;
  const statements = statementsOf(content).map(canonicalStatement);
  const anatomy: Anatomy = {
    allows: statements.filter(({ Effect }) => Effect === 'Allow'),
    denies: statements.filter(({ Effect }) => Effect === 'Deny'),
  };
  if (known.size >= REMEMBERED) known.clear();
  known.set(content, anatomy);
  return anatomy;
}

function statementsOf(content: string): Statement[] {
  const { Statement: list } = JSON.parse(content) as { Statement: Statement | Statement[] };
  return Array.isArray(list) ? list : [list as Statement];
}

/** Everything that `narrower` names is named by `wider` too. */
export function covers(wider: readonly Statement[], narrower: readonly Statement[]): boolean {
  return narrower.every((statement) => wider.some((other) => coversOne(other, statement)));
}

/** The same under the same conditions, for at least the same actions and resources. */
function coversOne(wider: Statement, narrower: Statement): boolean {
  const rest = ({ Action: _a, Resource: _r, ...others }: Statement) => JSON.stringify(others);
  if (rest(wider) !== rest(narrower)) return false;
  return holds(wider.Action, narrower.Action) && holds(wider.Resource, narrower.Resource);
}

function holds(wider: Json, narrower: Json): boolean {
  if (wider === undefined || narrower === undefined) return wider === narrower;
  const all = wider as readonly string[];
  return all.includes('*') || (narrower as readonly string[]).every((item) => all.includes(item));
}

/** A document that denies whatever either of the two denies, and allows what the second allows. */
export function unionOf(before: string, after: string): string {
  const document = JSON.parse(after) as { Statement: Statement | Statement[] };
  const kept = statementsOf(after);
  const present = anatomyOf(after).denies;
  const sids = new Set(kept.map(({ Sid }) => Sid));
  const added = statementsOf(before)
    .filter((statement) => statement.Effect === 'Deny' && !covers(present, [canonicalStatement(statement)]))
    .map(({ Sid, ...statement }) => (Sid === undefined || sids.has(Sid) ? statement : { Sid, ...statement }));
  return JSON.stringify({ ...document, Statement: [...kept, ...added] });
}

function canonicalStatement({ Sid: _, ...statement }: Statement): Statement {
  const out: Record<string, Json> = {};
  for (const name of Object.keys(statement).sort()) {
    const value = statement[name];
    const isList = name === 'Action' || name === 'NotAction' || name === 'Resource' || name === 'NotResource';
    out[name] = isList ? [...new Set([value].flat() as string[])].sort() : canonical(value);
  }
  return out;
}

function canonical(node: Json): Json {
  if (Array.isArray(node)) {
    const items = [...new Set(node.map(String))].sort();
    return items.length === 1 ? items[0] : items;
  }
  if (typeof node !== 'object' || node === null) return typeof node === 'string' ? node : String(node);
  const members = Object.entries(node).map(([name, value]) => [name, canonical(value)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Bytes in UTF-8 of a minified document. */
export function bytesOf(content: string): number {
  return new TextEncoder().encode(content).length;
}
