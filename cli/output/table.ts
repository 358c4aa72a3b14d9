/** Answers as tables: lists of structures become rows, everything else two columns of name and value. */
import { printable } from './printable.ts';

type Row = Record<string, string>;

const MAX_CELL = 120;

export function formatTable(value: unknown): string {
  if (!isObject(value)) return value === undefined ? '' : `${cell(value)}\n`;
  const facts: [string, string][] = [];
  const blocks: string[] = [];
  for (const [name, item] of Object.entries(value)) {
    if (Array.isArray(item) && item.some(isObject)) blocks.push(`${name}\n${rows(item.map(flat))}`);
    else facts.push(...Object.entries(flatten(name, item)));
  }
  if (facts.length > 0) blocks.unshift(columns(facts));
  return blocks.join('\n');
}

/** Rows under a header; columns in the order in which they first occur. */
function rows(items: readonly Row[]): string {
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))];
  return columns([
    names,
    names.map((name) => '-'.repeat(name.length)),
    ...items.map((item) => names.map((n) => item[n] ?? '')),
  ]);
}

function columns(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines) {
    line.forEach((text, i) => {
      widths[i] = Math.max(widths[i] ?? 0, [...text].length);
    });
  }
  const pad = (text: string, i: number, last: boolean) =>
    last ? text : text + ' '.repeat((widths[i] ?? 0) - [...text].length);
  return lines
    .map((line) => line.map((text, i) => pad(text, i, i === line.length - 1)).join('  '))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** A row shows what fits on a line; the whole value is in the JSON output. */
function flat(value: unknown): Row {
  if (!isObject(value)) return { '': cell(value) };
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [printable(name), short(cell(item))]));
}

function short(text: string): string {
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL - 3)}...` : text;
}

/** `KeyMetadata.Arn` for members of members; lists on one line. */
function flatten(name: string, value: unknown): Row {
  const key = printable(name);
  if (!isObject(value)) return { [key]: cell(value) };
  return Object.assign({}, ...Object.entries(value).map(([inner, item]) => flatten(`${key}.${inner}`, item))) as Row;
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return printable(value);
  if (Array.isArray(value) && !value.some((item) => typeof item === 'object')) return value.map(cell).join(', ');
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
