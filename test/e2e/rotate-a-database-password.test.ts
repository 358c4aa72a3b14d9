/** The page about rotating the password of a database, as it is pasted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../platform/store/testing/postgres-server.ts';
import { runPage } from '../harness/page.ts';

const server = inject('server');
const folder = mkdtempSync(join(tmpdir(), 'parapet-rotate-'));
let database: PostgresServer;
beforeAll(async () => {
  database = await startPostgres();
}, 60_000);
afterAll(async () => {
  await database.stop();
  rmSync(folder, { recursive: true });
});

it('works as it is written down', { timeout: 600_000 }, async () => {
  const path = 'docs/how-to/rotate-a-database-password.md';
  const { shown, printed, ...ran } = await runPage(server, path, folder, { DB: await database.database() });
  expect(ran).toEqual({ code: 0, stderr: '' });
  expect(shown.length).toBe(4);
  expect(printed).toEqual(shown);
});
