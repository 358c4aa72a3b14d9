/**
 * What is promised within a second. Where the machine runs nothing else (`time` in scripts/test.mjs) it is one; beside
 * another suite that keeps every processor busy, only that it happens is looked at.
 */
export const A_SECOND_MS = Number(process.env.PARAPET_TEST_SECOND_MS ?? 20_000);
