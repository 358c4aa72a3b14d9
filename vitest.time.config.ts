import { defineConfig } from 'vitest/config';

/** Tests whose outcome is a duration: one at a time, on a machine that does nothing else. */
export default defineConfig({
  test: {
    include: ['test/time/**/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
