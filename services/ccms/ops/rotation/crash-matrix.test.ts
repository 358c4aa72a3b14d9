/**
 * A runner is killed before and after every commit and every effect of a rotation, at every kind of database; another
 * one takes over. Consumers log in with AWSCURRENT at every moment, and the rotation ends with its own value.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dieAt } from './testing/die-at.ts';
import { DAY, ENGINES, MINUTE, RotationWorld, startDatabase } from './testing/rotation-world.ts';

describe.each(ENGINES)('a runner that dies in a rotation at %s', (engine) => {
  let world: RotationWorld;
  let database: Awaited<ReturnType<typeof startDatabase>>;
  beforeAll(async () => {
    database = await startDatabase(engine);
    world = await RotationWorld.open(engine, database);
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await database.stop();
  });

  const currentWorks = async (id: string) => expect(await world.logsIn(await world.current(id))).toBe(true);

  it('is taken over at every point of the way to the new value', { timeout: 240_000 }, async () => {
    const id = await world.secret();
    await world.rotate(id);
    await world.work();
    const points: string[] = [];
    for (let n = 1; ; n++) {
      world.pass(2 * DAY);
      await world.work();
      const before = await world.current(id);
      const token = await world.rotate(id);
      const died = await dieAt(world.vault, id, n);
      await currentWorks(id);
      expect(await world.logsIn(before)).toBe(true);
      // The lease of the dead holds for half a minute.
      world.pass(MINUTE);
      await world.work();
      const { OpenRuns } = await world.admin.DescribeRotation({ SecretId: id });
      expect(OpenRuns).toMatchObject([{ State: 'FINISHED', VersionId: token, Attempts: 0 }]);
      const { VersionIdsToStages = {} } = await world.admin.DescribeSecret({ SecretId: id });
      expect(VersionIdsToStages[token]).toEqual(['AWSCURRENT']);
      await currentWorks(id);
      expect(await world.logsIn(before)).toBe(true);
      if (died === undefined) break;
      points.push(died);
    }
    expect(points).toEqual([
      ...['claimed', 'decided', 'held', 'done', 'value stored', 'committed'].map((point) => `create: ${point}`),
      ...['claimed', 'decided', 'held', 'done', 'committed'].map((point) => `set: ${point}`),
      ...['claimed', 'decided', 'held', 'done', 'committed'].map((point) => `test: ${point}`),
      ...['claimed', 'decided', 'held', 'done', 'stage moved', 'committed'].map((point) => `finish: ${point}`),
    ]);
  });

  it('is taken over at every point of closing the old one', { timeout: 120_000 }, async () => {
    const id = await world.secret(engine === 'redis' ? { User: 'other' } : { Users: ['other_a', 'other_b'] });
    await world.rotate(id);
    await world.work();
    const points: string[] = [];
    for (let n = 1; ; n++) {
      world.pass(2 * DAY);
      await world.work();
      const before = await world.current(id);
      await world.rotate(id);
      await world.work();
      world.pass(2 * DAY);
      const died = await dieAt(world.vault, id, n);
      await currentWorks(id);
      world.pass(MINUTE);
      await world.work();
      expect((await world.admin.DescribeRotation({ SecretId: id })).OpenRuns).toEqual([]);
      expect(await world.logsIn(before)).toBe(false);
      await currentWorks(id);
      if (died === undefined) break;
      points.push(died);
    }
    expect(points).toEqual(['claimed', 'decided', 'held', 'done', 'committed'].map((point) => `retire: ${point}`));
  });
});
