/** Several nodes carry rotations on at once, while values are put and stages move under them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { failure } from '../../testing/harness.ts';
import { RotationRunner } from './runner.ts';
import { DAY, MINUTE, RotationWorld, startDatabase } from './testing/rotation-world.ts';

const SECRETS = 6;

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

it('every step is done and recorded by one of them, whatever else happens to the secrets', {
  timeout: 120_000,
}, async () => {
  const { deps } = world.vault;
  const other = new RotationRunner();
  const ids: string[] = [];
  for (let n = 0; n < SECRETS; n++) ids.push(await world.secret({ Users: [`p${n}_a`, `p${n}_b`] }));
  await Promise.all(ids.map((id) => world.rotate(id)));
  await world.work();
  world.pass(2 * DAY);
  await world.work();
  await Promise.all(ids.map((id) => world.rotate(id)));
  let busy = true;
  const move = async (id: string) => {
    while (busy) {
      const { VersionIdsToStages = {} } = await world.admin.DescribeSecret({ SecretId: id });
      const holder = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('blue'))?.[0];
      const [target] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes('AWSCURRENT')) ?? [];
      const moved = world.admin.UpdateSecretVersionStage({
        SecretId: id,
        VersionStage: 'blue',
        ...(holder === target ? {} : { MoveToVersionId: target }),
        ...(holder !== undefined && { RemoveFromVersionId: holder }),
      });
      // Who comes second is told so.
      await moved.catch((error: { code: string }) => expect(['Conflict', 'InvalidParameter']).toContain(error.code));
      await new Promise((again) => setTimeout(again, 20));
    }
  };
  const nodes = async () => {
    for (let round = 0; round < 4; round++) {
      await Promise.all([deps.runner.dispatch(deps), other.dispatch(deps)]);
      await Promise.all([deps.runner.idle(), other.idle()]);
      world.pass(10 * MINUTE);
    }
    busy = false;
  };
  await Promise.all([nodes(), ...ids.map(move)]);
  await world.work();
  world.pass(DAY / 24);
  await world.work();
  for (const id of ids) {
    expect((await world.admin.DescribeRotation({ SecretId: id })).OpenRuns).toMatchObject([{ State: 'FINISHED' }]);
    const done = (await world.events(id)).filter((name) => name !== 'RotationFailed' && name !== 'RotationRetired');
    expect(done.length).toBe(8);
    expect(await world.logsIn(await world.current(id))).toBe(true);
  }
  await other.close();
});

it('a value put by hand while a rotation runs does not stop it, and what it replaces is known', async () => {
  const id = await world.secret({ Users: ['m_a', 'm_b'] });
  await world.rotate(id);
  await world.work();
  world.pass(2 * DAY);
  await world.work();
  const before = await world.current(id);
  const token = await world.rotate(id);
  const value = JSON.stringify({ username: before.username, password: before.password.toString(), by: 'hand' });
  const put = await world.admin.PutSecretValue({ SecretId: id, SecretString: value });
  await world.work();
  const { VersionIdsToStages = {} } = await world.admin.DescribeSecret({ SecretId: id });
  expect(VersionIdsToStages[token]).toEqual(['AWSCURRENT']);
  expect(VersionIdsToStages[put.VersionId]).toEqual(['AWSPREVIOUS']);
  expect(await failure(world.rotate(id))).toMatchObject({ code: 'InvalidRequest' });
  world.pass(2 * DAY);
  await world.work();
  expect([await world.logsIn(before), await world.logsIn(await world.current(id))]).toEqual([false, true]);
});
