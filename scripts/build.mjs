/**
 * TypeScript to dist, the data files that the compiler leaves behind, and one file per program in dist/bin: a start
 * that reads a thousand small modules takes twice as long.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { parse } from 'yaml';
import { root } from './setup.mjs';

const dist = join(root, 'dist');
const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: ['ignore', 2, 2],
});
if (tsc.status !== 0) process.exit(tsc.status ?? 1);
const shipped = ['managed', 'guardrails/library', 'baselines/library', 'baselines/packs', 'baselines/types'];
for (const folder of shipped.map((name) => `policies/${name}`)) {
  mkdirSync(join(dist, folder), { recursive: true });
  for (const name of readdirSync(join(root, folder))) {
    const text = readFileSync(join(root, folder, name), 'utf8');
    // What people write as YAML is read as JSON: parsing it would take a third of the start.
    if (name.endsWith('.yaml'))
      writeFileSync(join(dist, folder, name.replace(/yaml$/, 'json')), JSON.stringify(parse(text, { schema: 'core' })));
    else if (name.endsWith('.json')) writeFileSync(join(dist, folder, name), text);
  }
}

// With their comments: people go on writing in them.
const blueprints = join('policies', 'blueprints');
mkdirSync(join(dist, blueprints), { recursive: true });
for (const name of readdirSync(join(root, blueprints)).filter((entry) => entry.endsWith('.yaml')))
  copyFileSync(join(root, blueprints, name), join(dist, blueprints, name));

const programs = {
  all: 'apps/all.js',
  service: 'apps/service.js',
  'audit-thread': 'apps/audit-thread.js',
  parapet: 'cli/main.js',
};

/** Bundled code finds its data and its neighbours where they were, except its own programs. */
const keepPlaces = {
  name: 'keep-places',
  setup({ onLoad }) {
    onLoad({ filter: /\/dist\/.*\.js$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      if (
        path.includes('/node_modules/') ||
        path.endsWith('/apps/audit-thread.js') ||
        !source.includes('import.meta.url')
      )
        return undefined;
      const place = relative(join(dist, 'bin'), path);
      return {
        contents: source.replaceAll('import.meta.url', `new URL(${JSON.stringify(place)}, import.meta.url).href`),
        loader: 'js',
      };
    });
  },
};

await build({
  entryPoints: Object.fromEntries(Object.entries(programs).map(([name, path]) => [name, join(dist, path)])),
  outdir: join(dist, 'bin'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Native modules, and CommonJS packages, which cannot require from inside an ES module.
  external: [
    'better-sqlite3',
    'pkcs11js',
    'commander',
    'pino',
    'pg',
    'mysql2',
    '@redis/client',
    'express',
    'prom-client',
    'yaml',
  ],
  plugins: [keepPlaces],
  logLevel: 'warning',
});
chmodSync(join(dist, 'bin/parapet.js'), 0o755);
writeFileSync(join(dist, '.built'), '');
