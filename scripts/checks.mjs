/** Lint, types, layers and generated files: what can be said without running the product. */
import { join } from 'node:path';
import { root } from './setup.mjs';
import { command } from './stages.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);

/** Fewer modules than this and the layer check saw nothing: TypeScript it cannot read passes silently. */
const FEWEST_MODULES = 250;

export function checks() {
  command('lint and format', bin('biome'), ['check', '--error-on-warnings', '.']);
  command('types', bin('tsc'), ['-p', '.', '--noEmit']);
  command('layers', process.execPath, [join(root, 'scripts/layers.mjs'), String(FEWEST_MODULES)]);
  command('house rules', process.execPath, [join(root, 'scripts/house-rules.mjs')]);
  command('dead code', bin('knip'), ['--no-progress']);
  command('generated files', bin('tsx'), ['derive/check.ts']);
}
