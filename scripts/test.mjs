/**
 * `npm test`: everything. `npm run test:deep`: the same code with far more cases, kills and pairs.
 * Shapes and engines: the end-to-end tests run in one process and as separate services, on SQLite and PostgreSQL.
 */
import { checks } from './checks.mjs';
import { ensure } from './setup.mjs';
import { finish, vitest } from './stages.mjs';

const deep = process.argv[2] === 'deep';
const amount = deep
  ? {
      PARAPET_DIFFERENTIAL_PAIRS: '10000000',
      PARAPET_KILLS: '2000',
      PARAPET_LEASES: '5000',
      PARAPET_SOAK_MS: '600000',
      PARAPET_LOST_ANSWER_EVERY: '1',
      PARAPET_FUZZ_CASES: '20000',
      PARAPET_OCSP_MUTATIONS: '100000',
      PARAPET_ACME_MUTATIONS: '100000',
      PARAPET_TIMING_MEASUREMENTS: '200000',
    }
  : {
      PARAPET_DIFFERENTIAL_PAIRS: '200000',
      PARAPET_KILLS: '50',
      PARAPET_LEASES: '200',
      PARAPET_SOAK_MS: '12000',
      PARAPET_LOST_ANSWER_EVERY: '4',
      PARAPET_FUZZ_CASES: '20',
      PARAPET_OCSP_MUTATIONS: '3000',
      PARAPET_ACME_MUTATIONS: '3000',
      PARAPET_TIMING_MEASUREMENTS: '20000',
    };

ensure({ tests: true });
if (!deep) checks();
vitest('unit, property and conformance tests', 'vitest.config.ts', amount);
for (const shape of ['mono', 'micro'])
  for (const engine of ['sqlite', 'postgres'])
    vitest(`end to end: ${shape}, ${engine}`, 'vitest.e2e.config.ts', {
      ...amount,
      PARAPET_TEST_SHAPE: shape,
      PARAPET_TEST_ENGINE: engine,
    });
vitest('starts, faults and crashes', 'vitest.system.config.ts', amount);
finish();
