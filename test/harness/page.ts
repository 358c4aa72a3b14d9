/** A page of the documentation as a reader pastes it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adminCredentials, environment, run, type Target } from './clients.ts';
import { uniqueName } from './people.ts';
import { root } from './server.ts';

/** A long page starts a hundred programs, and the machine may be busy. */
const PAGE_MS = 1_200_000;

/** What each block of commands printed, and what the page shows for it. */
export async function runPage(
  server: Target,
  path: string,
  folder: string,
  /** Further variables of its environment. */
  more: Record<string, string> = {},
) {
  const page = readFileSync(join(root, path), 'utf8');
  const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```(?:\n+```text\n([^`]*)```)?/g)].map(([, commands, shown]) => ({
    commands: commands as string,
    shown: shown ?? '',
  }));
  // One shell for all blocks, as a reader has it; the mark stands between the outputs.
  const mark = `---${uniqueName('block')}---`;
  const script = [
    // Jobs are groups of processes, as they are in the shell of a reader; those that are left end with it.
    'set -meuo pipefail',
    `trap 'for job in $(jobs -p); do kill -- "-$job" 2> /dev/null || true; done' EXIT`,
    `cd '${folder}'`,
    // Not installed from a registry: the command of this build.
    `npx() { shift; '${process.execPath}' '${join(root, 'dist/bin/parapet.js')}' "$@"; }`,
    ...blocks.map(({ commands }) => `${commands}\necho '${mark}'`),
  ].join('\n');
  const ran = await run('bash', ['-c', script], { ...environment(server, adminCredentials(server)), ...more }, PAGE_MS);
  const printed = ran.stdout.split(`${mark}\n`).slice(0, blocks.length);
  return { code: ran.code, stderr: ran.stderr, printed, shown: blocks.map(({ shown }) => shown) };
}
