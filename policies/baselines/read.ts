/** Reads members of a configuration by type. A member of another type counts as missing, so the verdict is not a guess. */
import type { Item, Json, JsonObject } from './rule.ts';

const DAY_MS = 86_400_000;

export function flag(from: JsonObject, name: string): boolean | undefined {
  const value = from[name];
  return typeof value === 'boolean' ? value : undefined;
}

export function number(from: JsonObject, name: string): number | undefined {
  const value = from[name];
  return typeof value === 'number' ? value : undefined;
}

export function text(from: JsonObject, name: string): string | undefined {
  const value = from[name];
  return typeof value === 'string' ? value : undefined;
}

export function texts(from: JsonObject, name: string): readonly string[] | undefined {
  const value = from[name];
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? (value as string[]) : undefined;
}

export function objects(from: JsonObject, name: string): readonly JsonObject[] | undefined {
  const value = from[name];
  return Array.isArray(value) && value.every(isObject) ? (value as JsonObject[]) : undefined;
}

/** Milliseconds of an RFC 3339 time. */
export function time(from: JsonObject, name: string): number | undefined {
  const value = from[name];
  if (typeof value !== 'string') return undefined;
  const parsed = Date.parse(value);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** Whole days from `then` to `now`. */
export function daysBetween(then: number, now: number): number {
  return Math.floor((now - then) / DAY_MS);
}

export function tag(item: Item, key: string): string | undefined {
  return Object.hasOwn(item.tags, key) ? item.tags[key] : undefined;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
