import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mariaDbSubject } from './testing/mariadb-subject.ts';
import { postgresSubject } from './testing/postgres-subject.ts';
import { redisSubject } from './testing/redis-subject.ts';
import { soak } from './testing/soak.ts';
import type { Subject } from './testing/subject.ts';

const DURATION_MS = 8000;
/** Connecting is slow on a busy machine: the rule is told so. */
const LATENCY_MS = 1500;

describe.each<[string, () => Promise<Subject>]>([
  ['PostgreSQL', postgresSubject],
  ['MariaDB', () => mariaDbSubject()],
  ['Redis', () => redisSubject()],
])('consumers of %s', (name, start) => {
  let subject: Subject;
  beforeAll(async () => {
    subject = await start();
  });
  afterAll(() => subject?.stop());

  it('never fail a first login while rotations and crashes go on, under the overlap rule', {
    timeout: 60_000,
  }, async () => {
    const cacheMs = 300;
    const result = await soak(subject, {
      durationMs: DURATION_MS,
      leastRotations: 3,
      cacheMs,
      overlapMs: cacheMs + LATENCY_MS,
      crashEvery: 7,
    });
    process.stdout.write(`${name}: ${JSON.stringify(result)}\n`);
    expect(result.failures).toBe(0);
    expect(result.rotations).toBeGreaterThanOrEqual(3);
    expect(result.connects).toBeGreaterThan(100);
  });

  it('do fail when they keep values longer than the rule was told', { timeout: 60_000 }, async () => {
    const result = await soak(subject, {
      durationMs: 4000,
      leastRotations: 3,
      cacheMs: 2500,
      overlapMs: 200,
      crashEvery: 0,
    });
    expect(result.failures).toBeGreaterThan(0);
  });
});
