/** `npm run check`: lint, types, layers, generated files, unit tests. */
import { checks } from './checks.mjs';
import { ensure } from './setup.mjs';
import { finish, vitest } from './stages.mjs';

ensure({ tests: true });
checks();
vitest('unit, property and conformance tests', 'vitest.config.ts');
finish();
