/** Part of `npm run check`: fails when a generated file is not what the declarations say. Writes nothing. */
import { resolve } from 'node:path';
import { artifacts } from './artifacts.ts';

const stale = artifacts(resolve(import.meta.dirname, '..')).filter(
  ({ current, wanted }) => wanted === undefined || wanted !== current,
);
for (const { path, problem = 'is not up to date' } of stale) process.stderr.write(`${path} ${problem}\n`);
if (stale.length > 0) {
  process.stderr.write('npm run gen writes what can be written\n');
  process.exitCode = 1;
}
