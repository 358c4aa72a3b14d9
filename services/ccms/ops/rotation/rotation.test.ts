/** Rotations over real databases: what consumers, operators and schedules see. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../../testing/harness.ts';
import { DAY, ENGINES, MINUTE, RotationWorld, startDatabase } from './testing/rotation-world.ts';

describe.each(ENGINES)('a secret at %s', (engine) => {
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

  it('gets its first value, and the next, while the one before goes on working until its grace is over', async () => {
    const id = await world.secret();
    const first = await world.rotate(id);
    expect(await failure(world.admin.GetSecretValue({ SecretId: id }))).toMatchObject({ code: 'NotFound' });
    expect((await world.admin.DescribeSecret({ SecretId: id })).VersionIdsToStages).toEqual({
      [first]: ['AWSPENDING'],
    });
    await world.work();
    const one = await world.current(id);
    expect((await world.admin.DescribeSecret({ SecretId: id })).VersionIdsToStages).toEqual({
      [first]: ['AWSCURRENT'],
    });
    expect(await world.logsIn(one)).toBe(true);

    world.pass(2 * DAY);
    await world.work();
    await world.rotate(id);
    await world.work();
    const two = await world.current(id);
    expect(two.password).not.toEqual(one.password);
    expect([await world.logsIn(one), await world.logsIn(two)]).toEqual([true, true]);

    world.pass(DAY + MINUTE);
    await world.work();
    expect([await world.logsIn(one), await world.logsIn(two)]).toEqual([false, true]);
    expect(await world.events(id)).toEqual([
      ...['RotationStepSucceeded', 'RotationStepSucceeded', 'RotationStepSucceeded', 'RotationSucceeded'],
      'RotationRetired',
      ...['RotationStepSucceeded', 'RotationStepSucceeded', 'RotationStepSucceeded', 'RotationSucceeded'],
      'RotationRetired',
    ]);
    const described = await world.admin.DescribeSecret({ SecretId: id });
    expect(described).toMatchObject({ RotationEnabled: true, LastRotatedDate: expect.any(Number) });
    const { OpenRuns, LastRuns } = await world.admin.DescribeRotation({ SecretId: id });
    expect([OpenRuns.length, LastRuns.map(({ State }) => State)]).toEqual([0, ['RETIRED', 'RETIRED']]);
  });

  it('is tested, and left as it is, when it is not to rotate at once', async () => {
    const id = await world.secret();
    const test = async (SecretId: string) =>
      (await world.admin.RotateSecret({ SecretId, ClientRequestToken: world.vault.token(), RotateImmediately: false }))
        .ConfigurationTest;
    // Without a value there is the administrative login to test.
    expect(await test(id)).toEqual({ Succeeded: true });
    await world.rotate(id);
    await world.work();
    const before = await world.admin.DescribeSecret({ SecretId: id });
    const value = await world.current(id);
    expect(await test(id)).toEqual({ Succeeded: true });
    expect((await world.vault.lastRecord()).responseElements).toMatchObject({ ConfigurationTest: { Succeeded: true } });
    expect((await world.admin.DescribeSecret({ SecretId: id })).VersionIdsToStages).toEqual(before.VersionIdsToStages);
    expect([await world.current(id), await world.logsIn(value)]).toEqual([value, true]);
    const wrong = JSON.stringify({ username: value.username, password: 'not-the-one' });
    await world.admin.PutSecretValue({ SecretId: id, SecretString: wrong });
    expect(await test(id)).toEqual({ Succeeded: false, Failure: 'pending-refused' });
    expect(await world.logsIn(value)).toBe(true);
    await world.target('away', 1);
    expect(await test(await world.secret({}, 'away'))).toEqual({ Succeeded: false, Failure: 'unreachable' });
  });
});
