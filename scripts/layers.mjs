/** Runs dependency-cruiser and refuses to believe it when it saw fewer modules than there are. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup.mjs';

const floor = Number(process.argv[2]);
const folders = [
  'apps',
  'services',
  'policies',
  'hsm',
  'platform',
  'derive',
  'gateways',
  'sdk',
  'cli',
  'tlog',
  'backup',
];
const run = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    ...folders,
    '--config',
    '.dependency-cruiser.cjs',
    '--output-type',
    'json',
  ],
  { cwd: root, encoding: 'utf8', maxBuffer: 1 << 28 },
);
let report;
try {
  report = JSON.parse(run.stdout);
} catch {
  process.stderr.write(run.stderr);
  process.exit(1);
}
const seen = report.modules.filter((m) => m.source.endsWith('.ts')).length;
for (const violation of report.summary.violations)
  process.stderr.write(`${violation.rule.name}: ${violation.from} -> ${violation.to} (${violation.comment ?? ''})\n`);
if (seen < floor) process.stderr.write(`only ${seen} modules were seen, expected at least ${floor}\n`);
process.stdout.write(`${seen} modules, ${report.summary.violations.length} violations\n`);
process.exit(report.summary.error > 0 || seen < floor ? 1 : 0);
