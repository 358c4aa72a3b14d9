/**
 * From what a user types to native JSON, guided by the shape of the member. Guarantees: a value that could be meant
 * in two ways is refused and never guessed, because a wrong guess encrypts the wrong bytes.
 */
import { decodeBase64, parseTimestamp } from '../../platform/contract/codec.ts';
import type { Shape } from '../../platform/contract/shape-tree.ts';
import { UsageError } from '../terminal.ts';
import { parseShorthand } from './shorthand.ts';

/** Reads a file; `-` is the standard input. */
export type ReadFile = (path: string) => Promise<Buffer>;

/** `where` names the option in errors. Throws `UsageError`. */
export async function readValue(shape: Shape, text: string, where: string, read: ReadFile): Promise<unknown> {
  switch (shape.kind) {
    case 'blob':
      return (await readBytes(text, shape.secret, where, read)).toString('base64');
    case 'string':
      return readText(text, where, read);
    case 'integer':
    case 'number':
      return readNumber(text, where);
    case 'boolean':
      if (text === 'true' || text === 'false') return text === 'true';
      throw new UsageError(`${where} must be true or false`);
    case 'timestamp':
      return readMoment(text, where);
    case 'structure':
    case 'map':
    case 'list':
      return readNested(shape, text, where, read);
    default:
      return text.startsWith('{') || text.startsWith('[') ? parseJson(text, where) : text;
  }
}

async function readText(text: string, where: string, read: ReadFile): Promise<string> {
  if (text.startsWith('text:')) return text.slice('text:'.length);
  if (text.startsWith('fileb://')) throw new UsageError(`${where} takes text`, 'use file:// for a file of text');
  if (!text.startsWith('file://')) return text;
  const bytes = await readFileOf(text.slice('file://'.length), where, read);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${where}: the file is not UTF-8 text`);
  }
}

async function readBytes(text: string, plain: boolean, where: string, read: ReadFile): Promise<Buffer> {
  if (text.startsWith('fileb://')) return readFileOf(text.slice('fileb://'.length), where, read);
  if (text.startsWith('text:')) return Buffer.from(text.slice('text:'.length));
  if (text.startsWith('base64:')) {
    const bytes = decodeBase64(text.slice('base64:'.length));
    if (!bytes) throw new UsageError(`${where} is not base64`);
    return bytes;
  }
  if (text.startsWith('file://')) throw new UsageError(`${where} takes bytes`, 'use fileb:// for a file of bytes');
  // A ciphertext is never typed as text: without a prefix it is base64 that lost its `base64:`.
  if (!plain) throw new UsageError(`${where} needs a prefix`, 'use fileb://file, base64:... or text:...');
  return Buffer.from(text);
}

async function readFileOf(path: string, where: string, read: ReadFile): Promise<Buffer> {
  try {
    return await read(path);
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? 'unknown';
    throw new UsageError(`${where}: the file ${path} cannot be read (${code})`);
  }
}

function readNumber(text: string, where: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`${where} must be a number`);
  return value;
}

function readMoment(text: string, where: string): string {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text;
  if (parseTimestamp(moment) === undefined)
    throw new UsageError(`${where} is not a time`, 'write 2026-01-31 or 2026-01-31T08:00:00Z');
  return moment;
}

type Nested = Extract<Shape, { kind: 'structure' | 'map' | 'list' }>;

/** JSON, a file of JSON, or `key=value,key=value` for structures and maps. */
async function readNested(shape: Nested, text: string, where: string, read: ReadFile): Promise<unknown> {
  if (text.startsWith('file://')) return parseJson(await readText(text, where, read), where);
  if (text.startsWith('{') || text.startsWith('[')) return parseJson(text, where);
  if (shape.kind === 'list') throw new UsageError(`${where} must be a JSON list`);
  const out = new Map<string, unknown>();
  for (const [key, value] of parseShorthand(text, where)) {
    const member = shape.kind === 'map' ? shape.value : shape.byName.get(key)?.shape;
    if (!member) throw new UsageError(`${where}: ${key} is not a member`, `members: ${memberNames(shape)}`);
    if (out.has(key)) throw new UsageError(`${where}: ${key} is given twice`);
    out.set(key, await readValue(member, value, `${where} ${key}`, read));
  }
  return Object.fromEntries(out);
}

function memberNames(shape: Nested): string {
  return shape.kind === 'structure' ? shape.members.map((m) => m.name).join(', ') : '';
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`${where} is not JSON`);
  }
}
