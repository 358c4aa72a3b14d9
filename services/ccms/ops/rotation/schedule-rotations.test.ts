/** Rotations that nobody asks for, over a real PostgreSQL server and a clock that runs as fast as it is told to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresSubject, postgresSubject } from '../../targets/testing/postgres-subject.ts';
import { DAY, MINUTE, RotationWorld } from './testing/rotation-world.ts';

let world: RotationWorld;
let database: PostgresSubject;
beforeAll(async () => {
  database = await postgresSubject();
  world = await RotationWorld.open('postgres', database);
  world.vault.kms.organization.create().account('111122223333');
}, 60_000);
afterAll(async () => {
  await world.close();
  await database.stop();
});

let pairs = 0;
const DAILY = { AutomaticallyAfterDays: 1, Duration: '2h' };
async function daily(): Promise<string> {
  pairs += 1;
  const id = await world.secret({ Users: [`s${pairs}_a`, `s${pairs}_b`] });
  await world.rotate(id, { RotationRules: DAILY });
  await world.work();
  return id;
}
const versions = async (SecretId: string) => (await world.admin.ListRotationRuns({ SecretId })).Runs.length;
const next = async (SecretId: string) => (await world.admin.DescribeSecret({ SecretId })).NextRotationDate as number;
/** To the end of the window that is promised, with a look every ten minutes. */
async function toNext(id: string): Promise<void> {
  for (const end = await next(id); world.vault.kms.now < end; ) {
    world.pass(10 * MINUTE);
    await world.work();
  }
}

describe('a schedule', () => {
  it('rotates in every window, once, before the date it promised', { timeout: 60_000 }, async () => {
    const id = await daily();
    for (let day = 2; day <= 4; day++) {
      const before = await world.current(id);
      await toNext(id);
      expect(await versions(id)).toBe(day);
      const after = await world.current(id);
      expect(after.password).not.toEqual(before.password);
      expect(await world.logsIn(after)).toBe(true);
    }
    expect(await world.events(id)).toContain('RotationStarted');
    const { Runs } = await world.admin.ListRotationRuns({ SecretId: id });
    expect(Runs[0]?.StartedBy).toBe('arn:aws:iam::service:ccms');
  });

  it('counts a value put by hand as a rotation', async () => {
    pairs += 1;
    const id = await world.secret({ Users: [`s${pairs}_a`, `s${pairs}_b`] });
    await world.rotate(id, { RotationRules: { AutomaticallyAfterDays: 10 } });
    await world.work();
    const first = await next(id);
    world.pass(5 * DAY);
    await world.admin.PutSecretValue({ SecretId: id, SecretString: '{"username":"x","password":"y"}' });
    expect(await next(id)).toBe(first + 5 * DAY);
    expect((await world.admin.DescribeSecret({ SecretId: id })).LastRotatedDate).toBeLessThan(world.vault.kms.now);
    await world.admin.CancelRotateSecret({ SecretId: id });
  });

  it('that was missed counts from the next window on, and the rotation is overdue until then', async () => {
    const id = await daily();
    const promised = await next(id);
    world.pass(promised - world.vault.kms.now + 60 * MINUTE);
    const overdue = await world.vault.deps.metrics.registry.getSingleMetricAsString('parapet_rotation_overdue_seconds');
    expect(Number(overdue.trim().split(' ').at(-1))).toBeGreaterThanOrEqual(3600);
    await world.work();
    expect(await versions(id)).toBe(1);
    await toNext(id);
    expect(await versions(id)).toBe(2);
    await world.admin.CancelRotateSecret({ SecretId: id });
  });

  it('goes on with the token of a rotation that failed', { timeout: 60_000 }, async () => {
    const id = await daily();
    await database.root('ALTER TABLE stock RENAME TO hidden');
    await toNext(id);
    const { OpenRuns } = await world.admin.DescribeRotation({ SecretId: id });
    const failed = OpenRuns.at(-1);
    expect(failed).toMatchObject({ State: 'FAILED' });
    await database.root('ALTER TABLE hidden RENAME TO stock');
    await toNext(id);
    const { Runs } = await world.admin.ListRotationRuns({ SecretId: id });
    expect(Runs.length).toBe(2);
    expect(Runs[0]).toMatchObject({ VersionId: failed?.VersionId, FinishedDate: expect.any(Number) });
    expect(await world.events(id)).toContain('RotationResumed');
    await world.admin.CancelRotateSecret({ SecretId: id });
  });

  it('stands still while the account is suspended, and while it is cancelled', async () => {
    const id = await daily();
    world.vault.kms.organization.state('111122223333', 'SUSPENDED');
    world.pass(3 * DAY);
    await world.work();
    world.vault.kms.organization.state('111122223333', 'ACTIVE');
    expect(await versions(id)).toBe(1);
    await world.admin.CancelRotateSecret({ SecretId: id });
    world.pass(3 * DAY);
    await world.work();
    expect(await versions(id)).toBe(1);
  });
});
