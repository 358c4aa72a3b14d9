import { defineConfig } from 'vitest/config';

/** Against one running server; the shape and engine come from PARAPET_TEST_SHAPE and PARAPET_TEST_ENGINE. */
export default defineConfig({
  test: {
    include: ['test/{attacks,e2e,pages,fuzz,matrix}/**/*.test.ts'],
    globalSetup: ['test/harness/shared.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
