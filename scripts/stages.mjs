/** Runs the stages of a test run and counts what passed, failed and was skipped, with reasons. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from './setup.mjs';

const totals = { passed: 0, failed: 0, skipped: 0 };
const skipped = new Map();
const summary = [];
/** What failed, in a few lines each: shown again at the very end, where whoever reads a long log looks first. */
const failures = [];
const MOST_LINES = 12;

function record(name, passed, failed, skippedHere, seconds) {
  totals.passed += passed;
  totals.failed += failed;
  totals.skipped += skippedHere;
  summary.push({ name, passed, failed, skipped: skippedHere, seconds: Math.round(seconds) });
}

/** One command that passes or fails as a whole. */
export function command(name, program, args, env = {}) {
  const from = performance.now();
  process.stdout.write(`\n== ${name}\n`);
  const result = spawnSync(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  const ok = result.status === 0;
  if (!ok) failures.push(`${name}: FAILED (status ${result.status ?? result.signal})`);
  record(name, ok ? 1 : 0, ok ? 0 : 1, 0, (performance.now() - from) / 1000);
  return ok;
}

/** Stages side by side, for those that wait much: what each of them says is shown when it ends. */
export function together(...stages) {
  return Promise.all(stages.map((stage) => vitest({ ...stage, buffered: true })));
}

/** A vitest run; its tests are counted one by one. */
export async function vitest({ name, config, env = {}, filters = [], buffered = false }) {
  const from = performance.now();
  process.stdout.write(buffered ? `\n== begins: ${name}\n` : `\n== ${name}\n`);
  const folder = mkdtempSync(join(tmpdir(), 'parapet-report-'));
  const report = join(folder, 'report.json');
  const said = join(folder, 'output.txt');
  const output = buffered ? openSync(said, 'w') : 'inherit';
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile=${report}`,
    ...filters,
  ];
  const status = await new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', output, output],
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    child.on('exit', (code, signal) => resolve(code ?? signal));
  });
  if (buffered) {
    closeSync(output);
    process.stdout.write(`\n== ${name}\n${readFileSync(said, 'utf8')}`);
  }
  const seconds = (performance.now() - from) / 1000;
  /** What was said about errors that belong to no test, such as a server that did not start. */
  const outsideTests = () => {
    if (!buffered) return '';
    const lines = readFileSync(said, 'utf8').trimEnd().split('\n');
    const at = lines.findIndex((line) => line.includes('Unhandled Error'));
    return `\n${(at < 0 ? lines.slice(-MOST_LINES) : lines.slice(at, at + MOST_LINES)).join('\n')}`;
  };
  try {
    const data = JSON.parse(readFileSync(report, 'utf8'));
    for (const file of data.testResults) {
      for (const test of file.assertionResults) {
        if (test.status === 'failed') explain(name, file, test.fullName, test.failureMessages.join('\n'));
        else if (test.status !== 'passed') skipped.set(test.fullName, (skipped.get(test.fullName) ?? 0) + 1);
      }
    }
    const broken = data.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.every((t) => t.status !== 'failed'),
    );
    for (const file of broken) explain(name, file, 'the file itself', file.message);
    const failed = data.numFailedTests + broken.length;
    // A run that ended badly although every test passed (an unhandled error) is a failure too.
    const unexplained = status !== 0 && failed === 0 ? 1 : 0;
    if (unexplained > 0) failures.push(`${name}: no test failed, but the run ended with ${status}${outsideTests()}`);
    record(name, data.numPassedTests, failed + unexplained, data.numPendingTests + data.numTodoTests, seconds);
  } catch (error) {
    failures.push(`${name}: ended with ${status} and without a report (${error.message})${outsideTests()}`);
    record(name, 0, 1, 0, seconds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function explain(stage, file, test, message) {
  const short = message.split('\n').slice(0, MOST_LINES).join('\n');
  failures.push(`${stage}: ${relative(root, file.name)}: ${test}\n${short}`);
}

/** Prints the totals; the last line is the one that machines read. */
export function finish() {
  process.stdout.write('\n');
  for (const [name, times] of skipped)
    process.stdout.write(`skipped: ${name}${times > 1 ? ` (${times} times)` : ''}\n`);
  for (const row of summary)
    process.stdout.write(
      `${row.failed > 0 ? 'FAILED' : 'ok    '} ${row.name}: ${row.passed} passed, ${row.failed} failed, ${row.skipped} skipped (${row.seconds} s)\n`,
    );
  for (const failure of failures) process.stdout.write(`\nFAILED ${failure}\n`);
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  process.exit(totals.failed > 0 ? 1 : 0);
}
