/** Rules of this code base that no linter knows: one source of time, randomness and settings; no code from strings. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './setup.mjs';

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
const rules = [
  {
    name: 'Date.now only in platform/runtime',
    pattern: /\bDate\.now\(/,
    allowed: /^(platform\/runtime\/|sdk\/|cli\/|hsm\/agent\/|derive\/)/,
  },
  { name: 'Math.random nowhere', pattern: /\bMath\.random\(/, allowed: /^platform\/runtime\// },
  {
    name: 'process.env only in platform/config',
    pattern: /\bprocess\.env\b/,
    allowed: /^(platform\/config\/|hsm\/agent\/)/,
  },
  { name: 'no code from strings', pattern: /\bnew Function\(|\beval\(/, allowed: /^$/ },
  { name: 'no RegExp from values', pattern: /\bnew RegExp\(/, allowed: /^$/ },
  { name: 'no left-overs', pattern: /\b(TODO|FIXME|XXX)\b/, allowed: /^$/ },
];
const NAMELESS = /^(utils?|helpers?|common|manager|base)(\.ts)?$/;
const MAX_LINES = 500;
/** Tables of cases are data. */
const MAX_TEST_LINES = 700;

let broken = 0;
function report(text) {
  broken++;
  process.stderr.write(`${text}\n`);
}

function walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const shown = relative(root, path);
    if (NAMELESS.test(name)) report(`${shown}: the name says nothing`);
    if (statSync(path).isDirectory()) {
      walk(path);
      continue;
    }
    if (!name.endsWith('.ts')) continue;
    const lines = readFileSync(path, 'utf8').split('\n');
    const test = name.endsWith('.test.ts') || shown.includes('/testing/');
    if (lines.length > (test ? MAX_TEST_LINES : MAX_LINES) && !name.endsWith('.gen.ts'))
      report(`${shown}: ${lines.length} lines, one subject?`);
    if (test) continue;
    lines.forEach((line, index) => {
      for (const rule of rules)
        if (rule.pattern.test(line) && !rule.allowed.test(shown)) report(`${shown}:${index + 1}: ${rule.name}`);
    });
  }
}

for (const folder of folders) walk(join(root, folder));
process.exit(broken > 0 ? 1 : 0);
