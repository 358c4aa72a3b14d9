/** Rotations that fail: how they are named, and the ways out. Over a real PostgreSQL server. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresSubject, postgresSubject } from '../../targets/testing/postgres-subject.ts';
import { ADMIN_POLICY, failure, NO_POLICY } from '../../testing/harness.ts';
import { DAY, MINUTE, RotationWorld } from './testing/rotation-world.ts';

let world: RotationWorld;
let database: PostgresSubject;
beforeAll(async () => {
  database = await postgresSubject();
  world = await RotationWorld.open('postgres', database);
}, 60_000);
afterAll(async () => {
  await world.close();
  await database.stop();
});

let pairs = 0;
/** A secret with a value, whose grace is over. */
async function settled(): Promise<{ id: string; users: [string, string] }> {
  pairs += 1;
  const users: [string, string] = [`u${pairs}_a`, `u${pairs}_b`];
  const id = await world.secret({ Users: users });
  await world.rotate(id);
  await world.work();
  world.pass(2 * DAY);
  await world.work();
  return { id, users };
}
const open = async (SecretId: string) => (await world.admin.DescribeRotation({ SecretId })).OpenRuns[0];
const outsider = (user: string) => database.root(`ALTER ROLE ${user} PASSWORD 'outsider'`);

describe('a target that accepts neither value', () => {
  it('is found out of sync, changed by nobody, and reset by an operator with a reason', async () => {
    const { id, users } = await settled();
    await outsider(users[0]);
    await world.rotate(id);
    await world.work();
    expect(await open(id)).toMatchObject({
      State: 'FAILED',
      Step: 'set',
      Failure: 'out-of-sync',
      WaysOut: ['resume', 'adopt', 'abandon', 'reset'],
    });
    expect(await world.events(id)).toContain('RotationOutOfSync');
    const SecretId = id;
    expect(await failure(world.admin.AdoptRotation({ SecretId }))).toMatchObject({ code: 'InvalidRequest' });
    expect(await failure(world.admin.AbandonRotation({ SecretId }))).toMatchObject({ code: 'InvalidRequest' });
    expect(await failure(world.admin.ForgoRotation({ SecretId, Reason: 'x' }))).toMatchObject({
      code: 'InvalidRequest',
    });
    expect(await failure(world.admin.ResetRotation({ SecretId }))).toMatchObject({ code: 'InvalidParameter' });
    await world.admin.ResumeRotation({ SecretId });
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FAILED', Failure: 'out-of-sync' });
    await world.admin.ResetRotation({ SecretId, Reason: 'INC-7' });
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FINISHED', Reason: 'INC-7' });
    expect(await world.logsIn(await world.current(id))).toBe(true);
  });
});

describe('a failed rotation', () => {
  it('is abandoned when the target accepts the current value: AWSPENDING goes, the user is closed', async () => {
    const { id } = await settled();
    const before = await world.current(id);
    await database.root('ALTER TABLE stock RENAME TO hidden');
    await world.rotate(id);
    await world.work();
    await database.root('ALTER TABLE hidden RENAME TO stock');
    expect(await open(id)).toMatchObject({ State: 'FAILED', Step: 'test' });
    const pending = await world.value(id, 'AWSPENDING');
    expect(await world.logsIn(pending)).toBe(true);
    await world.admin.AbandonRotation({ SecretId: id });
    await world.work();
    expect(await open(id)).toBeUndefined();
    expect(await world.logsIn(pending)).toBe(false);
    expect(await world.current(id)).toEqual(before);
    expect(Object.values((await world.admin.DescribeSecret({ SecretId: id })).VersionIdsToStages ?? {})).toEqual([
      ['AWSCURRENT'],
    ]);
    await world.rotate(id);
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FINISHED' });
  });

  it('is adopted when the target accepts the pending value', async () => {
    const { id } = await settled();
    await database.root('ALTER TABLE stock RENAME TO hidden');
    const token = await world.rotate(id);
    await world.work();
    await database.root('ALTER TABLE hidden RENAME TO stock');
    await world.admin.AdoptRotation({ SecretId: id });
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FINISHED', VersionId: token });
  });

  it('whose stage somebody took is named so, and goes on when it is put back', async () => {
    const { id } = await settled();
    const token = await world.rotate(id);
    const move = { SecretId: id, VersionStage: 'AWSPENDING' };
    await world.admin.UpdateSecretVersionStage({ ...move, RemoveFromVersionId: token });
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FAILED', Failure: 'stage-moved' });
    await world.admin.UpdateSecretVersionStage({ ...move, MoveToVersionId: token });
    await world.admin.ResumeRotation({ SecretId: id });
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FINISHED' });
  });

  it('whose old credential cannot be closed is in the way until an operator forgoes that', async () => {
    const id = await world.secret({ Users: ['r_a', 'r_b'] });
    await database.root("CREATE ROLE legacy LOGIN PASSWORD 'legacy' IN ROLE shop_owner");
    const value = JSON.stringify({ username: 'legacy', password: 'legacy', team: 'shop' });
    await world.admin.PutSecretValue({ SecretId: id, SecretString: value });
    await world.rotate(id);
    await world.work();
    world.pass(2 * DAY);
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FAILED', Step: 'retire', Failure: 'wrong-identity' });
    expect(await failure(world.rotate(id))).toMatchObject({ code: 'InvalidRequest' });
    await world.admin.ForgoRotation({ SecretId: id, Reason: 'closed by hand' });
    const { LastRuns } = await world.admin.DescribeRotation({ SecretId: id });
    expect(LastRuns).toMatchObject([{ State: 'FORGONE', Reason: 'closed by hand' }]);
    // What else the value said stays.
    const { SecretString = '' } = await world.admin.GetSecretValue({ SecretId: id });
    expect(JSON.parse(SecretString)).toMatchObject({ team: 'shop', username: 'r_a' });
    await world.rotate(id);
  });

  it('is one of a role that may not do it any more, until it may again', async () => {
    const { id } = await settled();
    await world.rotate(id);
    world.vault.role('rotator', NO_POLICY);
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FAILED', Failure: 'access-denied' });
    world.vault.role('rotator', ADMIN_POLICY);
    await world.admin.ResumeRotation({ SecretId: id });
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FINISHED' });
  });

  it('that somebody edited in the database does not go on', async () => {
    const { id } = await settled();
    const token = await world.rotate(id);
    await world.vault.tamper((db) =>
      db.updateTable('rotation_run').set({ strategy: '{}' }).where('token', '=', token).execute(),
    );
    await world.work();
    expect(await failure(world.admin.DescribeRotation({ SecretId: id }))).toMatchObject({ code: 'Internal' });
    expect((await world.admin.DescribeSecret({ SecretId: id })).VersionIdsToStages?.[token]).toEqual(['AWSPENDING']);
    await world.vault.tamper((db) => db.deleteFrom('rotation_run').where('token', '=', token).execute());
  });
});

describe('a target that is down', () => {
  it('is waited for, and the rotation ends when it is back', { timeout: 60_000 }, async () => {
    const { id } = await settled();
    await database.kill();
    const token = await world.rotate(id);
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'RETRY_WAIT', Failure: 'unreachable', Attempts: 1 });
    world.pass(MINUTE);
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'RETRY_WAIT', Attempts: 2 });
    await database.start();
    world.pass(5 * MINUTE);
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FINISHED', VersionId: token });
  });

  it('fails when the window closes, and the next request for it goes on with the same token', {
    timeout: 60_000,
  }, async () => {
    const { id } = await settled();
    await database.kill();
    const token = await world.rotate(id);
    for (let hour = 0; hour < 30; hour++) {
      await world.work();
      world.pass(62 * MINUTE);
    }
    expect(await open(id)).toMatchObject({ State: 'FAILED', Failure: 'window-closed', VersionId: token });
    await database.start();
    await world.admin.ResumeRotation({ SecretId: id });
    await world.work();
    expect(await open(id)).toMatchObject({ State: 'FINISHED', VersionId: token });
  });
});
