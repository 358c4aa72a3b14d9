/** The page about landing zones, on a server that has no organization yet. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runPage } from '../harness/page.ts';
import { type Running, startParapet } from '../harness/server.ts';

const { shape, engine } = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-page-'));
let server: Running;
beforeAll(async () => {
  server = await startParapet({ shape, engine });
}, 120_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

it('works as it is written down', { timeout: 1_200_000 }, async () => {
  const { code, stderr, printed } = await runPage(server, 'docs/how-to/landing-zone.md', folder);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(printed).toEqual([expect.stringMatching(/^applied: \d+ steps\nno drift\n$/m)]);
});
