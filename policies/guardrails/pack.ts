/**
 * Packs a set of guardrails into as few documents as possible (spec org 4.4): statements that differ in their actions
 * only, or in their resources only, become one; what is left is laid out first-fit decreasing by size. The packed
 * documents decide exactly as the guardrails one by one. A Sid names the guardrails behind its statement, so that a
 * denial can be traced to them.
 */
import { compilePolicy, PolicySyntaxError } from '../engine/index.ts';
import { type Guardrail, POLICY_TYPES, type PolicyType, type StatementJson } from './guardrail.ts';
import { isRolePattern, parameterFaults, type Values } from './parameters.ts';
import { type RenderedStatement, renderGuardrail } from './render.ts';

export interface GuardrailSet {
  readonly guardrails: readonly Guardrail[];
  /** By guardrail id; what is not given has its default. */
  readonly parameters?: Readonly<Record<string, Values>>;
  readonly exemptPrincipals?: readonly string[];
}

export interface PackedDocument {
  readonly type: PolicyType;
  readonly text: string;
}

export interface PackedSet {
  readonly documents: readonly PackedDocument[];
  /** Sid to the guardrails whose statements it carries. */
  readonly sources: ReadonlyMap<string, readonly string[]>;
}

export type PackResult = { readonly ok: true; readonly set: PackedSet } | { readonly ok: false; faults: string[] };

/** Bytes of a document (AWS and our default since May 2026); an operator may raise it. */
export const DEFAULT_MAX_BYTES = 10_240;
const VERSION = '2012-10-17';

export function compileSet(set: GuardrailSet, maxBytes: number = DEFAULT_MAX_BYTES): PackResult {
  const faults = setFaults(set);
  if (faults.length > 0) return { ok: false, faults };
  const rendered = set.guardrails.flatMap((guardrail) =>
    renderGuardrail(guardrail, set.parameters?.[guardrail.id], set.exemptPrincipals),
  );
  return packStatements(rendered, maxBytes);
}

function setFaults({ guardrails, parameters = {}, exemptPrincipals = [] }: GuardrailSet): string[] {
  const known = new Map(guardrails.map((guardrail) => [guardrail.id, guardrail]));
  const twice = guardrails.length === known.size ? [] : ['a guardrail appears twice'];
  const values = Object.entries(parameters).flatMap(([id, given]) => {
    const guardrail = known.get(id);
    if (!guardrail) return [`${id} is not in the set but has parameters`];
    return parameterFaults(guardrail, given).map((fault) => `${id}: ${fault}`);
  });
  const roles = exemptPrincipals
    .filter((role) => !isRolePattern(role))
    .map((role) => `${role} is not the ARN of a role`);
  return [...twice, ...values, ...roles];
}

/** The layout proper; `compileSet` renders a set into statements first. */
export function packStatements(rendered: readonly RenderedStatement[], maxBytes: number): PackResult {
  const documents: PackedDocument[] = [];
  const sources = new Map<string, readonly string[]>();
  const faults: string[] = [];
  for (const type of POLICY_TYPES) {
    const pieces = merge(rendered.filter((item) => item.type === type).map(toPiece));
    const fitting = pieces.flatMap((piece) => split(piece, maxBytes - envelope(1)));
    if (fitting.some((piece) => bytes(piece) > maxBytes - envelope(1))) {
      faults.push(`a statement does not fit a document of ${maxBytes} bytes`);
      continue;
    }
    for (const bin of layOut(fitting, maxBytes)) documents.push({ type, text: write(bin, sources) });
  }
  for (const { type, text } of documents) faults.push(...grammarFaults(type, text));
  return faults.length > 0 ? { ok: false, faults } : { ok: true, set: { documents, sources } };
}

/** Guardrails behind the Sid of a denial. */
export function guardrailsOf(set: PackedSet, sid: string | undefined): readonly string[] {
  return (sid !== undefined && set.sources.get(sid)) || [];
}

interface Piece {
  readonly statement: StatementJson;
  readonly ids: readonly string[];
}

function toPiece({ statement, guardrailId }: RenderedStatement): Piece {
  return { statement: canonical(statement) as StatementJson, ids: [guardrailId] };
}

/** Deny of A and Deny of B under the same rest are Deny of A or B. NotAction and NotResource do not add up like that. */
function merge(pieces: readonly Piece[]): Piece[] {
  return joinOn('Resource', joinOn('Action', pieces));
}

function joinOn(element: 'Action' | 'Resource', pieces: readonly Piece[]): Piece[] {
  const groups = new Map<string, Piece[]>();
  pieces.forEach((piece, index) => {
    const { [element]: list, ...rest } = piece.statement;
    const key = list === undefined ? `alone ${index}` : JSON.stringify(rest);
    groups.set(key, [...(groups.get(key) ?? []), piece]);
  });
  return [...groups.values()].map((group) => {
    const first = group[0] as Piece;
    if (group.length === 1) return first;
    const joined = new Set(group.flatMap((piece) => asList(piece.statement[element])));
    const list = joined.has('*') ? ['*'] : [...joined].sort();
    const statement = canonical({ ...first.statement, [element]: list }) as StatementJson;
    return { statement, ids: [...new Set(group.flatMap((piece) => piece.ids))].sort() };
  });
}

/** Halves the list of actions until the statement fits. */
function split(piece: Piece, room: number): Piece[] {
  const actions = asList(piece.statement.Action);
  if (bytes(piece) <= room || actions.length < 2) return [piece];
  const half = actions.length >> 1;
  return [actions.slice(0, half), actions.slice(half)].flatMap((part) =>
    split({ ...piece, statement: { ...piece.statement, Action: part } }, room),
  );
}

/** First-fit decreasing. */
function layOut(pieces: readonly Piece[], maxBytes: number): Piece[][] {
  const bins: { pieces: Piece[]; used: number }[] = [];
  const sized = pieces.map((piece) => ({ piece, size: bytes(piece) }));
  sized.sort((a, b) => b.size - a.size || compare(JSON.stringify(a.piece), JSON.stringify(b.piece)));
  for (const { piece, size } of sized) {
    const bin = bins.find(({ pieces: held, used }) => used + size + envelope(held.length + 1) <= maxBytes);
    if (bin) {
      bin.pieces.push(piece);
      bin.used += size;
    } else bins.push({ pieces: [piece], used: size });
  }
  return bins.map((bin) => bin.pieces);
}

function write(pieces: readonly Piece[], sources: Map<string, readonly string[]>): string {
  const statements = pieces.map(({ statement, ids }) => {
    const sid = freeSid(ids, sources);
    sources.set(sid, ids);
    return { Sid: sid, ...statement };
  });
  return JSON.stringify({ Version: VERSION, Statement: statements });
}

/** `GP08GP10` for the guardrails G-P-08 and G-P-10; a second statement of the same ones gets `n2`. */
function freeSid(ids: readonly string[], sources: ReadonlyMap<string, unknown>): string {
  const plain = ids.map((id) => id.replaceAll('-', '')).join('');
  for (let number = 1; ; number++) {
    const sid = number === 1 ? plain : `${plain}n${number}`;
    if (!sources.has(sid)) return sid;
  }
}

/** Room that the Sid takes at most is counted with the statement. */
function bytes({ statement, ids }: Piece): number {
  const sid = '"Sid":"",'.length + ids.join('').length + 'n9999'.length;
  return Buffer.byteLength(JSON.stringify(statement)) + sid;
}

/** Bytes around `count` statements: the frame and the commas. */
function envelope(count: number): number {
  return JSON.stringify({ Version: VERSION, Statement: [] }).length + count - 1;
}

/** Members and lists in one order, one-element lists as their element: equal statements have equal text. */
function canonical(node: unknown): unknown {
  if (Array.isArray(node)) {
    const items = [...new Set(node.map((item) => String(item)))].sort();
    return items.length === 1 ? items[0] : items;
  }
  if (typeof node !== 'object' || node === null) return typeof node === 'number' ? String(node) : node;
  const members = Object.entries(node).map(([name, value]) => [name, canonical(value)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => compare(a, b)));
}

function grammarFaults(type: PolicyType, text: string): string[] {
  try {
    compilePolicy(text, { arn: 'arn:guardrails', kind: type === 'SERVICE_CONTROL_POLICY' ? 'scp' : 'rcp' });
    return [];
  } catch (cause) {
    if (!(cause instanceof PolicySyntaxError)) throw cause;
    return cause.findings.map((finding) => `${finding.pointer}: ${finding.message}`);
  }
}

function asList(value: unknown): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as string[]) : [value as string];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
