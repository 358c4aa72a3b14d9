/** The native JSON input of an operation from `--input-json` and the options of its members; options win. */
import type { AnyOperation } from '../../platform/contract/operation.ts';
import type { Shape } from '../../platform/contract/shape-tree.ts';
import { UsageError } from '../terminal.ts';
import { memberOptions } from './member-options.ts';
import { parseJson, type ReadFile, readValue } from './read-value.ts';

export type GivenOptions = Readonly<Record<string, unknown>>;

/** Throws `UsageError`. Does not check bounds or required members: that is done over the whole input afterwards. */
export async function readInput(
  operation: AnyOperation,
  given: GivenOptions,
  read: ReadFile,
): Promise<Record<string, unknown>> {
  const input = new Map(Object.entries(await readWholeInput(given.inputJson, read)));
  for (const { member, flag, attribute } of memberOptions(operation)) {
    const value = given[attribute];
    if (value === undefined) continue;
    input.set(member.name, await readMember(member.shape, value, flag, read));
  }
  return Object.fromEntries(input);
}

async function readWholeInput(value: unknown, read: ReadFile): Promise<Record<string, unknown>> {
  if (typeof value !== 'string') return {};
  let text = value;
  if (value.startsWith('@')) {
    try {
      text = (await read(value.slice(1))).toString('utf8');
    } catch {
      throw new UsageError(`--input-json: the file ${value.slice(1)} cannot be read`);
    }
  }
  const parsed = parseJson(text, '--input-json');
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new UsageError('--input-json must be a JSON object');
  return parsed as Record<string, unknown>;
}

async function readMember(shape: Shape, value: unknown, flag: string, read: ReadFile): Promise<unknown> {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return readValue(shape, value, flag, read);
  const texts = value as string[];
  if (shape.kind === 'map') return readMap(shape, texts, flag, read);
  if (shape.kind !== 'list') throw new UsageError(`${flag} takes one value`);
  const [first = ''] = texts;
  const nested = shape.item.kind === 'structure' || shape.item.kind === 'map' || shape.item.kind === 'list';
  // A whole list in one value; a list of texts is only ever repeated, because a text may begin with a bracket.
  if (nested && texts.length === 1 && (first.startsWith('[') || first.startsWith('file://'))) {
    const whole = await readValue(shape, first, flag, read);
    if (Array.isArray(whole)) return whole;
    throw new UsageError(`${flag} must be a JSON list`);
  }
  const items: unknown[] = [];
  for (const text of texts) items.push(await readValue(shape.item, text, flag, read));
  return items;
}

async function readMap(shape: Shape, texts: readonly string[], flag: string, read: ReadFile): Promise<unknown> {
  const out = new Map<string, unknown>();
  for (const text of texts) {
    const part = await readValue(shape, text, flag, read);
    if (typeof part !== 'object' || part === null || Array.isArray(part))
      throw new UsageError(`${flag} must be key=value`);
    for (const [key, item] of Object.entries(part)) {
      if (out.has(key)) throw new UsageError(`${flag}: ${key} is given twice`);
      out.set(key, item);
    }
  }
  return Object.fromEntries(out);
}
