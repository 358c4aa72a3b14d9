/** The recorded facts of a resource: bounded JSON with one canonical text, so that "unchanged" is a comparison of hashes. */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../../policies/baselines/rule.ts';
import type { JsonValue } from './json-schema.ts';

export const MAX_CONFIGURATION_CHARACTERS = 65_536;
const MAX_DEPTH = 16;
/** Of a list or an object: what a customer's rule walks through must be short. */
const MAX_MEMBERS = 1_000;

export type ReadConfiguration =
  | { readonly ok: true; readonly value: JsonObject; readonly text: string }
  | { readonly ok: false; readonly fault: string };

/** Reads JSON text; `text` of the result is canonical. */
export function readConfiguration(text: string): ReadConfiguration {
  if (text.length > MAX_CONFIGURATION_CHARACTERS) {
    return { ok: false, fault: `the configuration has more than ${MAX_CONFIGURATION_CHARACTERS} characters` };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, fault: 'the configuration is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, fault: 'the configuration is no JSON object' };
  }
  const fault = shapeFault(value as JsonValue, 0);
  if (fault) return { ok: false, fault };
  return { ok: true, value: value as JsonObject, text: canonicalText(value as JsonValue) };
}

function shapeFault(value: JsonValue, depth: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_DEPTH) return `the configuration is more than ${MAX_DEPTH} deep`;
  const members = Object.entries(value);
  if (members.length > MAX_MEMBERS) return `a list or object of the configuration has more than ${MAX_MEMBERS} members`;
  for (const [name, member] of members) {
    if (name === '__proto__') return 'a member of the configuration has a name that is not permitted';
    const fault = shapeFault(member as JsonValue, depth + 1);
    if (fault) return fault;
  }
  return undefined;
}

/** Members in the order of their names, no white space. */
export function canonicalText(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item as JsonValue)).join(',')}]`;
  const members = Object.entries(value as Record<string, JsonValue>).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonicalText(item)}`).join(',')}}`;
}

/** Times of last use change without anybody changing the resource: they make no version. */
const VOLATILE: ReadonlySet<string> = new Set(['lastUsedAt', 'lastAccessedAt']);

export interface RecordedFacts {
  readonly name: string;
  /** Canonical or not: what counts is its value. */
  readonly configuration: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** SHA-256 over everything whose change makes a new version of an item. */
export function factsHash({ name, configuration, tags }: RecordedFacts): string {
  const lasting = JSON.parse(configuration, (member, value) => (VOLATILE.has(member) ? undefined : value)) as JsonValue;
  return createHash('sha256').update(canonicalText({ name, tags, lasting })).digest('hex');
}
