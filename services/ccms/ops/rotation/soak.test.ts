/**
 * Consumers that connect all the time, with values they keep for as long as the overlap rule lets them, while the vault
 * rotates as fast as it permits. The clock runs three hundred times as fast: ten minutes of overlap are two seconds.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RotationWorld, startDatabase } from './testing/rotation-world.ts';

const DURATION_MS = Number(process.env.PARAPET_SOAK_MS ?? 12_000);
const FASTER = 300;
const TICK_MS = 20;
const CACHE_MS = 1_000;
const CONSUMERS = 3;

let world: RotationWorld;
let database: Awaited<ReturnType<typeof startDatabase>>;
beforeAll(async () => {
  database = await startDatabase('postgres');
  world = await RotationWorld.open('postgres', database);
}, 60_000);
afterAll(async () => {
  await world.close();
  await database.stop();
});

it('no consumer fails to log in', { timeout: 10 * DURATION_MS + 60_000 }, async () => {
  const id = await world.secret();
  const at = { Name: 'shop', Users: ['shop_a', 'shop_b'], OwnerRole: 'shop_owner' };
  await world.admin.PutRotationStrategy({ SecretId: id, Target: at, GraceSeconds: 0 });
  await world.rotate(id);
  await world.work();
  const end = Date.now() + DURATION_MS;
  let rotations = 0;
  let last = Date.now();
  // By what has really passed: a machine that is busy must not make consumers slower than the clock.
  const clock = async () => {
    while (Date.now() < end) {
      const now = Date.now();
      world.pass((now - last) * FASTER);
      last = now;
      await pause(TICK_MS);
    }
  };
  const rotator = async () => {
    while (Date.now() < end) {
      await world.work();
      if ((await world.admin.PreviewRotation({ SecretId: id })).Allowed) {
        await world.rotate(id);
        rotations += 1;
      }
      await pause(TICK_MS);
    }
  };
  let logins = 0;
  const failures: string[] = [];
  const consumer = async () => {
    while (Date.now() < end) {
      const value = await world.current(id);
      for (const until = Date.now() + CACHE_MS; Date.now() < until; ) {
        logins += 1;
        if (!(await world.logsIn(value))) failures.push(value.username);
        await pause(5);
      }
    }
  };
  await Promise.all([clock(), rotator(), ...Array.from({ length: CONSUMERS }, consumer)]);
  expect(failures).toEqual([]);
  expect(rotations).toBeGreaterThanOrEqual(3);
  expect(logins).toBeGreaterThan(CONSUMERS * 20);
});
