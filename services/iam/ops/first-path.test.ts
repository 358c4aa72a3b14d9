import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamApi } from '../api/index.ts';
import { allow, callerOf, errorOf, type IamWorld, makeUser, openIam, policy, SCOPE } from '../testing/harness.ts';

let world: IamWorld;
beforeAll(async () => {
  world = await openIam();
});
afterAll(() => world.close());

function chain(secret: string): Buffer {
  let key: Buffer = Buffer.from(`AWS4${secret}`);
  for (const part of [SCOPE.Date, SCOPE.Region, SCOPE.Service, 'aws4_request'])
    key = createHmac('sha256', key).update(part).digest();
  return key;
}

describe('the first working path', () => {
  it('knows the administrator of the first run', async () => {
    expect(await world.as(world.admin, iamApi.GetCallerIdentity, {})).toEqual({
      UserId: world.admin.principalId,
      Account: world.admin.accountId,
      Arn: `arn:aws:iam::${world.admin.accountId}:user/admin`,
    });
    expect(world.admin.accountId).toMatch(/^[1-9]\d{11}$/);
    expect(world.admin.principalId).toMatch(/^AIDA[A-Z2-7]{17}$/);
  });

  it('makes a key whose signing key is the SigV4 chain of the secret that was shown once', async () => {
    await world.as(world.admin, iamApi.CreateUser, { UserName: 'alice' });
    const { AccessKey } = await world.as(world.admin, iamApi.CreateAccessKey, { UserName: 'alice' });
    expect(AccessKey.AccessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(AccessKey.SecretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
    const found = await world.internal.GetSigningKey({ AccessKeyId: AccessKey.AccessKeyId, ...SCOPE });
    expect(found.SigningKey.equals(chain(AccessKey.SecretAccessKey))).toBe(true);
    expect(found).toMatchObject({ Kind: 'user', UserName: 'alice', AccountId: world.admin.accountId });
  });

  it('denies what no policy allows and allows it with the next request after PutUserPolicy', async () => {
    const bob = await makeUser(world, 'bob');
    expect(await errorOf(world.as(bob, iamApi.GetUser, { UserName: 'alice' }))).toMatchObject({
      code: 'AccessDenied',
      message: expect.stringContaining('because no identity-based policy allows the iam:GetUser action'),
    });
    await world.as(world.admin, iamApi.PutUserPolicy, {
      UserName: 'bob',
      PolicyName: 'look',
      PolicyDocument: policy(allow('iam:GetUser')),
    });
    expect(await world.as(bob, iamApi.GetUser, { UserName: 'alice' })).toMatchObject({ User: { UserName: 'alice' } });
  });

  it('keeps the secret out of every record and out of the database', async () => {
    const { AccessKey } = await world.as(world.admin, iamApi.CreateAccessKey, { UserName: 'alice' });
    const records = JSON.stringify(await world.records());
    expect(records).toContain(AccessKey.AccessKeyId);
    expect(records).not.toContain(AccessKey.SecretAccessKey);
    const rows = await world.store.read.selectFrom('access_key').selectAll().execute();
    expect(rows.some((row) => row.sealed.includes(AccessKey.SecretAccessKey))).toBe(false);
    expect(rows.some((row) => row.access_key_id === AccessKey.AccessKeyId)).toBe(true);
  });

  it('answers one error for keys that are unknown, of another kind or with a token', async () => {
    const { accessKeyId } = world.admin;
    for (const input of [
      { AccessKeyId: 'AKIAAAAAAAAAAAAAAAAA' },
      { AccessKeyId: 'ASIAAAAAAAAAAAAAAAAA', SessionToken: 'x' },
      { AccessKeyId: 'ASIAAAAAAAAAAAAAAAAA' },
      { AccessKeyId: accessKeyId as string, SessionToken: 'x' },
    ]) {
      expect(await errorOf(world.internal.GetSigningKey({ ...input, ...SCOPE }))).toMatchObject({
        code: 'UnknownAccessKey',
        message: 'access key is unknown or inactive',
      });
    }
    await expect(callerOf(world, accessKeyId as string)).resolves.toMatchObject({ userName: 'admin' });
  });
});
