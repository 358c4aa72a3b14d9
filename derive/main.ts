/** `npm run gen`: writes every generated file that is not up to date. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { artifacts } from './artifacts.ts';

const root = resolve(import.meta.dirname, '..');
for (const { path, current, wanted, problem } of artifacts(root)) {
  if (problem !== undefined) process.stderr.write(`${path} ${problem}\n`);
  if (wanted === undefined || wanted === current) continue;
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), wanted);
  process.stdout.write(`wrote ${path}\n`);
}
