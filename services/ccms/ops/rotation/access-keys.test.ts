/** Rotation of access keys: the old key works until its grace is over, crashes lose no key that somebody uses. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rotateSecrets } from '../../jobs/rotate-secrets.ts';
import { document, failure, type VaultClient, VaultHarness } from '../../testing/harness.ts';
import { dieAt } from './testing/die-at.ts';
import { DAY, MINUTE } from './testing/rotation-world.ts';

let vault: VaultHarness;
let admin: VaultClient;
const SecretId = 'robot';
beforeEach(async () => {
  vault = await VaultHarness.open();
  admin = vault.user('admin');
  await admin.CreateSecret({ Name: SecretId });
  const AccessKey = { UserName: 'robot', RoleArn: vault.role('rotator') };
  await admin.PutRotationStrategy({ SecretId, AccessKey });
});
afterEach(() => vault.close());

async function work(): Promise<void> {
  await rotateSecrets.run(vault.deps);
  await vault.deps.runner.idle();
}
const pass = (ms: number) => vault.kms.advance(ms);
async function rotate(): Promise<string> {
  const { VersionId } = await admin.RotateSecret({ SecretId, ClientRequestToken: vault.token() });
  return VersionId as string;
}
async function current() {
  const { SecretString = '' } = await admin.GetSecretValue({ SecretId });
  return JSON.parse(SecretString) as { AccessKeyId: string; SecretAccessKey: string };
}
const works = ({ AccessKeyId, SecretAccessKey }: Awaited<ReturnType<typeof current>>) =>
  vault.accessKeys.works(AccessKeyId, SecretAccessKey);
const open = async () => (await admin.DescribeRotation({ SecretId })).OpenRuns[0];
const keys = () => [...vault.accessKeys.keys.values()].map(({ Status }) => Status);

it('a key is replaced, deactivated after its grace, and deleted by the next rotation', async () => {
  await rotate();
  await work();
  const one = await current();
  pass(2 * DAY);
  await work();
  await rotate();
  await work();
  const two = await current();
  expect([works(one), works(two), keys()]).toEqual([true, true, ['Active', 'Active']]);
  pass(DAY + MINUTE);
  await work();
  expect([works(one), works(two), keys()]).toEqual([false, true, ['Inactive', 'Active']]);
  pass(DAY);
  await rotate();
  await work();
  expect([works(two), works(await current()), keys()]).toEqual([true, true, ['Active', 'Active']]);
  expect(vault.accessKeys.keys.has(one.AccessKeyId)).toBe(false);
});

it('a key is tested, and left as it is, when it is not to rotate at once', async () => {
  const test = async () =>
    (await admin.RotateSecret({ SecretId, ClientRequestToken: vault.token(), RotateImmediately: false }))
      .ConfigurationTest;
  await rotate();
  await work();
  expect([await test(), keys(), works(await current())]).toEqual([{ Succeeded: true }, ['Active'], true]);
  const AccessKeyId = (await current()).AccessKeyId;
  await admin.PutSecretValue({
    SecretId,
    SecretString: JSON.stringify({ AccessKeyId, SecretAccessKey: 'x'.repeat(40) }),
  });
  expect(await test()).toEqual({ Succeeded: false, Failure: 'pending-refused' });
});

describe('is not rotated', () => {
  it('over a second key of somebody else', async () => {
    await rotate();
    await work();
    await vault.accessKeys.CreateAccessKey({ UserName: 'robot' });
    pass(2 * DAY);
    await work();
    await rotate();
    await work();
    expect(await open()).toMatchObject({ State: 'FAILED', Step: 'create', Failure: 'no-room-for-key' });
    await admin.AbandonRotation({ SecretId });
    expect(await open()).toBeUndefined();
    expect(keys()).toEqual(['Active', 'Active']);
  });

  it('while the deactivated key was used in the last day', async () => {
    for (let round = 0; round < 2; round++) {
      await rotate();
      await work();
      pass(2 * DAY);
      await work();
    }
    const old = [...vault.accessKeys.keys.values()].find(({ Status }) => Status === 'Inactive');
    if (old) old.usedAt = vault.kms.now;
    await rotate();
    await work();
    expect(await open()).toMatchObject({ State: 'RETRY_WAIT', Failure: 'key-in-use' });
    expect(vault.accessKeys.keys.has(old?.AccessKeyId ?? '')).toBe(true);
  });

  it('by a role without the permission to pass it', async () => {
    const Allow = { Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' };
    const user = vault.user('no-pass', JSON.parse(document(Allow)) as object);
    const AccessKey = { UserName: 'robot', RoleArn: vault.role('rotator') };
    expect(await failure(user.PutRotationStrategy({ SecretId, AccessKey }))).toMatchObject({ code: 'AccessDenied' });
  });
});

it('a runner that dies is taken over at every point, and no key is left over', { timeout: 60_000 }, async () => {
  await rotate();
  await work();
  const points: string[] = [];
  for (let n = 1; ; n++) {
    pass(3 * DAY);
    await work();
    pass(DAY);
    const before = await current();
    const token = await rotate();
    const died = await dieAt(vault, SecretId, n);
    expect([works(before), works(await current())]).toEqual([true, true]);
    pass(MINUTE);
    await work();
    expect(await open()).toMatchObject({ State: 'FINISHED', VersionId: token });
    expect([works(before), works(await current())]).toEqual([true, true]);
    expect(keys().length).toBe(2);
    if (died === undefined) break;
    points.push(died);
  }
  expect(points.length).toBe(22);
});

it('a key whose secret was lost between iam and the vault goes when the step is done again', async () => {
  await rotate();
  await work();
  pass(3 * DAY);
  await work();
  const before = await current();
  await rotate();
  // What a runner leaves that dies between the two.
  const { AccessKey: lost } = await vault.accessKeys.CreateAccessKey({ UserName: 'robot' });
  await work();
  expect(await open()).toMatchObject({ State: 'FINISHED' });
  expect(vault.accessKeys.keys.has(lost.AccessKeyId)).toBe(false);
  expect([works(before), works(await current())]).toEqual([true, true]);
});
