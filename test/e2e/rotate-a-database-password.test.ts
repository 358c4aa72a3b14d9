/** The page about rotating the password of a database, as it is pasted. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../platform/store/testing/postgres-server.ts';
import { adminCredentials, environment, run } from '../harness/clients.ts';
import { uniqueName } from '../harness/people.ts';
import { root } from '../harness/server.ts';

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

const page = readFileSync(join(root, 'docs/how-to/rotate-a-database-password.md'), 'utf8');
const blocks = [...page.matchAll(/```sh\n([^`]*)```(?:\n+```text\n([^`]*)```)?/g)].map(([, commands, shown]) => ({
  commands: commands as string,
  shown: shown ?? '',
}));

it('works as it is written down', { timeout: 600_000 }, async () => {
  expect(blocks.length).toBe(4);
  const mark = `---${uniqueName('block')}---`;
  const script = [
    'set -euo pipefail',
    `cd '${folder}'`,
    `DB='${await database.database()}'`,
    // Not installed from a registry: the command of this build.
    `npx() { shift; '${process.execPath}' '${join(root, 'dist/bin/parapet.js')}' "$@"; }`,
    ...blocks.map(({ commands }) => `${commands}\necho '${mark}'`),
  ].join('\n');
  const ran = await run('bash', ['-c', script], environment(server, adminCredentials(server)), 600_000);
  expect(ran.stderr).toBe('');
  expect(ran.code).toBe(0);
  expect(ran.stdout.split(`${mark}\n`).slice(0, blocks.length)).toEqual(blocks.map(({ shown }) => shown));
});
