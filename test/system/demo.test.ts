/** What `npm run demo` shows, in both shapes, with a smaller file. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../harness/clients.ts';
import { root } from '../harness/server.ts';

const DEMO_MS = 1_200_000;
const CHAPTERS = [
  'The landing zone',
  'The archive',
  'The guardrail',
  'The data platform',
  'The web application',
  'The certificate',
  'What if',
  'The lost HSM',
  'The crash',
  'The record',
  'The changed byte',
];

it.each([
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
])('the demo in %s on %s ends well, and sums up every chapter', { timeout: DEMO_MS }, async (shape, engine) => {
  const words = ['--import', 'tsx', join(root, 'demo/main.ts'), '--shape', shape, '--engine', engine];
  const ran = await run(process.execPath, words, { PARAPET_DEMO_MEBIBYTES: '64' }, DEMO_MS);
  expect(ran.code, `${ran.stdout}\n${ran.stderr}`).toBe(0);
  const summary = ran.stdout
    .trim()
    .split('\n')
    .slice(-CHAPTERS.length - 1);
  expect(summary.map((line) => line.trim().split(/ {2,}/)[0])).toEqual([...CHAPTERS, 'in all']);
  for (const line of summary) expect(line).toMatch(/^ {2}\S.* \d+\.\d s {2}\S/);
  expect(summary.at(-1)).toContain(`${CHAPTERS.length} chapters, and every step held`);
});
