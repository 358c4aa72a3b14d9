/** The tutorial, on a server where nobody has done anything yet. */
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
}, 240_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

it('works as it is written down', { timeout: 1_200_000 }, async () => {
  const { shown, printed, ...ran } = await runPage(server, 'docs/tutorials/first-hour.md', folder);
  expect(ran).toEqual({ code: 0, stderr: '' });
  expect(printed).toEqual(shown);
});
