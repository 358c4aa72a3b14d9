/** The page about losing a token of a pair: an installation with one token gets a second one, as the page begins. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runPage } from '../harness/page.ts';
import { type Running, startParapet } from '../harness/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'parapet-page-'));
const dataFolder = join(folder, 'data');
let server: Running;
beforeAll(async () => {
  const single = await startParapet({ dataFolder });
  await single.terminate();
  server = await startParapet({ dataFolder, env: { PARAPET_HSM_PAIR: 'true' } });
}, 240_000);
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

it('works as it is written down', { timeout: 1_200_000 }, async () => {
  const path = 'docs/how-to/lose-an-hsm.md';
  const { shown, printed, ...ran } = await runPage(server, path, folder, { PARAPET_DATA: dataFolder });
  expect(ran).toEqual({ code: 0, stderr: '' });
  expect(printed).toEqual(shown);
});
