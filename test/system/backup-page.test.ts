/** The page about backups as it is pasted: its beginning on the server that is lost, its end on the one that was restored. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kept, keep, opens, operator, settings } from '../harness/backup.ts';
import { adminCredentials, environment, eventually, run } from '../harness/clients.ts';
import { type Running, root, startParapet } from '../harness/server.ts';

const MS = 240_000;
const { folder } = operator();
let server: Running;
let restored: Running | undefined;
let kept: Kept;
beforeAll(async () => {
  server = await startParapet();
  kept = await keep(server);
});
afterAll(async () => {
  await restored?.stop();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const page = readFileSync(join(root, 'docs/how-to/back-up-and-restore.md'), 'utf8');
const blocksOf = (text: string) => [...text.matchAll(/```sh\n([^`]*)```/g)].map(([, commands]) => commands as string);

function paste(blocks: string[], env: Record<string, string>) {
  const script = [
    'set -euo pipefail',
    `cd '${folder}'`,
    // Not installed from a registry: the command of this build.
    `npx() { shift; '${process.execPath}' '${join(root, 'dist/bin/parapet.js')}' "$@"; }`,
    ...blocks,
  ].join('\n');
  return run('bash', ['-c', script], env, MS);
}

it('works as it is pasted', async () => {
  const [before, after] = page.split('\n## Declare it\n') as [string, string];
  expect(blocksOf(before).length).toBe(3);
  const made = await paste(blocksOf(before), settings(server));
  expect(made).toMatchObject({ code: 0 });
  expect(made.stdout).toMatch(/ok: the backup is whole/);
  expect(made.stdout).toMatch(/it could be restored; nothing was changed/);
  await server.terminate();
  restored = await startParapet({ dataFolder: join(folder, 'restored') });
  const declared = await paste(blocksOf(after), environment(restored, adminCredentials(restored)));
  expect(declared).toMatchObject({ code: 0, stderr: '' });
  expect(declared.stdout).toMatch(/"Held": true[\s\S]*"CommonSize"[\s\S]*"Held": false/);
  await eventually(() => opens(restored as Running, kept).then(() => true), MS);
});
