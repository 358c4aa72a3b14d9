/** `npm run check`: lint, types, layers, generated files, unit tests. */
import { checks } from './checks.mjs';
import { ensure } from './setup.mjs';
import { finish, vitest } from './stages.mjs';

ensure({ tests: true });
checks();
await vitest({ name: 'unit, property and conformance tests', config: 'vitest.config.ts' });
finish();
