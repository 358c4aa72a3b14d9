/** A native JSON input as the command line that gives it, for help texts and documentation. */
import { type AnyOperation, kebabCase } from '../../platform/contract/operation.ts';
import type { Shape } from '../../platform/contract/shape-tree.ts';
import { quote } from '../output/curl.ts';
import { memberOptions } from './member-options.ts';
import { formatShorthand } from './shorthand.ts';

export function exampleCommand(operation: AnyOperation, input: Readonly<Record<string, unknown>>): string {
  const command = ['parapet', operation.area, kebabCase(operation.name)];
  const options = memberOptions(operation).map(({ member, flag }) => wordsOf(flag, member.shape, input[member.name]));
  if (options.includes(undefined)) return [...command, '--input-json', quote(JSON.stringify(input))].join(' ');
  return [...command, ...options.flatMap((words) => words ?? []).map(quote)].join(' ');
}

/** Undefined for a value that cannot be typed as an option. */
function wordsOf(flag: string, shape: Shape, value: unknown): string[] | undefined {
  if (value === undefined) return [];
  if (typeof value === 'boolean') return [value ? flag : flag.replace('--', '--no-')];
  if (shape.kind !== 'list' || !Array.isArray(value)) return [flag, argumentOf(shape, value)];
  const items = value.map((item) => argumentOf(shape.item, item));
  // A word that begins with a dash would be read as the next option, one with a bracket as a whole list.
  return items.length > 0 && items.every((item) => /^[^-[]/.test(item)) ? [flag, ...items] : undefined;
}

function argumentOf(shape: Shape, value: unknown): string {
  if (typeof value === 'string') {
    if (shape.kind === 'blob') return `base64:${value}`;
    return /^(text:|fileb?:\/\/)/.test(value) ? `text:${value}` : value;
  }
  if (typeof value === 'object' && value !== null) return shorthandOf(shape, value) ?? JSON.stringify(value);
  return String(value);
}

/** The short form, where every value is a plain text or number that reads back as itself. */
function shorthandOf(shape: Shape, value: object): string | undefined {
  const pairs: [string, string][] = [];
  for (const [key, item] of Object.entries(value)) {
    const inner =
      shape.kind === 'map' ? shape.value : shape.kind === 'structure' ? shape.byName.get(key)?.shape : undefined;
    const plain = typeof item === 'string' || (typeof item === 'number' && inner?.kind !== 'any');
    if (!plain || inner?.kind === 'blob' || key === '' || key.includes('=') || key.includes(',') || key.includes('\\'))
      return undefined;
    pairs.push([key, inner ? argumentOf(inner, item) : String(item)]);
  }
  return pairs.length === 0 ? undefined : formatShorthand(pairs);
}
