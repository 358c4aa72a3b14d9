/**
 * `npm test`: everything. `npm run test:deep`: the same code with far more cases, kills and pairs.
 * Shapes and engines: the end-to-end tests run in one process and as separate services, on SQLite and PostgreSQL, in all
 * four combinations; the authorization matrix and the fuzzer, which know neither engine nor shape, in the two that between
 * them have both of each (the deep run: in all four).
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

const endToEnd = (shape, engine, filters = []) => ({
  name: `end to end: ${shape}, ${engine}`,
  config: 'vitest.e2e.config.ts',
  filters,
  env: { ...amount, PARAPET_TEST_SHAPE: shape, PARAPET_TEST_ENGINE: engine },
});

ensure({ tests: true });
if (!deep) checks();
await vitest({ name: 'unit, property and conformance tests', config: 'vitest.config.ts', env: amount });
await together(endToEnd('mono', 'sqlite'), endToEnd('micro', 'postgres'));
const others = deep ? [] : ['test/e2e/'];
await together(endToEnd('micro', 'sqlite', others), endToEnd('mono', 'postgres', others));
await vitest({ name: 'starts, faults and crashes', config: 'vitest.system.config.ts', env: amount });
await vitest({ name: 'time: nothing else runs', config: 'vitest.time.config.ts', env: amount });
for (const [shape, engine] of [
  ['mono', 'sqlite'],
  ['micro', 'postgres'],
]) {
  const stage = endToEnd(shape, engine, ['test/e2e/revocation.test.ts', 'test/e2e/sessions.test.ts']);
  await vitest({ ...stage, name: `time: ${shape}, ${engine}`, env: { ...stage.env, PARAPET_TEST_SECOND_MS: '1000' } });
}
finish();
