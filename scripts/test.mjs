/**
 * `npm test`: everything. `npm run test:deep`: the same code with far more cases, kills and pairs.
 * Shapes and engines: the end-to-end tests run in one process and as separate services, on SQLite and PostgreSQL.
 */
import { checks } from './checks.mjs';
import { ensure } from './setup.mjs';
import { finish, together, vitest } from './stages.mjs';

const deep = process.argv[2] === 'deep';
const amount = deep
  ? {
      PARAPET_DIFFERENTIAL_PAIRS: '10000000',
      PARAPET_KILLS: '2000',
      PARAPET_LEASES: '5000',
      PARAPET_SOAK_MS: '600000',
      PARAPET_LOST_ANSWER_EVERY: '1',
      PARAPET_FUZZ_CASES: '20000',
      PARAPET_MUTATIONS: '100000',
      PARAPET_TIMING_MEASUREMENTS: '200000',
      PARAPET_PROPERTY_RUNS: '100000',
    }
  : {
      PARAPET_DIFFERENTIAL_PAIRS: '200000',
      PARAPET_KILLS: '50',
      PARAPET_LEASES: '200',
      PARAPET_SOAK_MS: '12000',
      PARAPET_LOST_ANSWER_EVERY: '4',
      PARAPET_FUZZ_CASES: '20',
      PARAPET_MUTATIONS: '3000',
      PARAPET_TIMING_MEASUREMENTS: '20000',
      PARAPET_PROPERTY_RUNS: '3000',
    };

const endToEnd = (shape, engine) => ({
  name: `end to end: ${shape}, ${engine}`,
  config: 'vitest.e2e.config.ts',
  env: { ...amount, PARAPET_TEST_SHAPE: shape, PARAPET_TEST_ENGINE: engine },
});

ensure({ tests: true });
if (!deep) checks();
await vitest({ name: 'unit, property and conformance tests', config: 'vitest.config.ts', env: amount });
await together(endToEnd('mono', 'sqlite'), endToEnd('micro', 'postgres'));
await together(endToEnd('micro', 'sqlite'), endToEnd('mono', 'postgres'));
await vitest({ name: 'starts, faults and crashes', config: 'vitest.system.config.ts', env: amount });
await vitest({ name: 'time: nothing else runs', config: 'vitest.time.config.ts', env: amount });
finish();
