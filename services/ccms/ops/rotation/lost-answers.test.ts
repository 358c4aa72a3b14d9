/**
 * The wire to the database is cut after every single answer of a rotation: the database has done what the vault will
 * never hear about. When the wire is mended the rotation ends, with the value it began with.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWire, type Wire } from '../../targets/testing/wire.ts';
import { DAY, ENGINES, MINUTE, RotationWorld, startDatabase } from './testing/rotation-world.ts';

/** Every n-th answer only, unless every one is asked for. */
const EVERY = Number(process.env.PARAPET_LOST_ANSWER_EVERY ?? 4);

describe.each(ENGINES)('answers of %s that get lost', (engine) => {
  let world: RotationWorld;
  let database: Awaited<ReturnType<typeof startDatabase>>;
  let wire: Wire;
  beforeAll(async () => {
    database = await startDatabase(engine);
    world = await RotationWorld.open(engine, database);
    wire = await openWire(database.serverPort);
    await world.target('wire', wire.port);
  }, 60_000);
  afterAll(async () => {
    await wire.close();
    await world.close();
    await database.stop();
  });

  it('stop nothing for good', { timeout: 300_000 }, async () => {
    const id = await world.secret({}, 'wire');
    await world.rotate(id);
    await world.work();
    let cuts = 0;
    for (let answers = 0; ; answers += EVERY) {
      world.pass(2 * DAY);
      await world.work();
      const token = await world.rotate(id);
      wire.cutAfter(answers);
      await world.work();
      expect(await world.logsIn(await world.current(id))).toBe(true);
      const { cut } = wire;
      wire.mend();
      if (cut) cuts += 1;
      world.pass(MINUTE);
      await world.work();
      expect((await world.admin.DescribeRotation({ SecretId: id })).OpenRuns).toMatchObject([
        { State: 'FINISHED', VersionId: token },
      ]);
      expect(await world.logsIn(await world.current(id))).toBe(true);
      if (!cut) break;
    }
    expect(cuts).toBeGreaterThan(3);
  });
});
