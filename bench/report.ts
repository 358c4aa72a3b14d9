/** Prints the rows of a benchmark and keeps them with the machine and the date they were measured on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { BenchRow } from './row.ts';

export function report(name: string, rows: readonly BenchRow[]): void {
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
  const date = new Date().toISOString();
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  const kept = rows.map((row) => ({ baseline: null, ratio: null, goal: null, ...row, machine, date }));
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(kept, null, 2)}\n`);
  process.stdout.write(`\n${name} (${machine})\n`);
  const width = Math.max(...rows.map((r) => r.name.length));
  for (const row of rows) {
    const ratio = row.ratio === undefined ? '' : `  ratio ${row.ratio} of ${row.baseline}`;
    process.stdout.write(
      `  ${row.name.padEnd(width)}  ${String(row.value).padStart(10)} ${row.unit}${ratio}${row.goal ? `  (goal: ${row.goal})` : ''}\n`,
    );
  }
}
