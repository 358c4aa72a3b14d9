/** Prints an answer in the format the user asked for. */
import type { Terminal } from '../terminal.ts';
import { formatJson } from './printable.ts';
import { formatTable } from './table.ts';

/** `format` is the value of `--output`: `table`, else JSON. */
export function print(terminal: Pick<Terminal, 'out'>, value: unknown, format: unknown): void {
  terminal.out(format === 'table' ? formatTable(value) : `${formatJson(value)}\n`);
}
