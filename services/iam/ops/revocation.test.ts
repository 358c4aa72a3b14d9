/** Class C14: whatever ends a credential or a permission ends every credential that stems from it, at once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import { iamApi as api } from '../api/index.ts';
import { allow, callerOf, errorOf, type IamWorld, makeUser, openIam } from '../testing/harness.ts';

let world: IamWorld;
beforeAll(async () => {
  world = await openIam();
});
afterAll(() => world.close());

const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
let count = 0;

async function loggedIn() {
  const UserName = `user-${++count}`;
  const user = await makeUser(world, UserName, [allow('iam:GetUser')]);
  const { Credentials } = await world.as(user, api.GetSessionToken, {});
  const session = await callerOf(world, Credentials.AccessKeyId, Credentials.SessionToken);
  await world.as(user, api.GetUser, {});
  await world.as(session, api.GetUser, {});
  const fresh = {
    key: () => callerOf(world, user.accessKeyId as string),
    session: () => callerOf(world, Credentials.AccessKeyId, Credentials.SessionToken),
  };
  return { UserName, user, session, fresh };
}

async function removeUser(UserName: string, AccessKeyId: string): Promise<void> {
  await asAdmin(api.DeleteUserPolicy, { UserName, PolicyName: 'test' });
  await asAdmin(api.DeleteAccessKey, { UserName, AccessKeyId });
  await asAdmin(api.DeleteUser, { UserName });
}

describe('ends at once', () => {
  it.each(['Inactive', 'deleted'])('every credential of a key that is %s', async (how) => {
    const { UserName, user, fresh } = await loggedIn();
    const AccessKeyId = user.accessKeyId as string;
    if (how === 'Inactive') await asAdmin(api.UpdateAccessKey, { UserName, AccessKeyId, Status: 'Inactive' });
    else await asAdmin(api.DeleteAccessKey, { UserName, AccessKeyId });
    expect(await errorOf(fresh.key())).toMatchObject({ code: 'UnknownAccessKey' });
    expect(await errorOf(fresh.session())).toMatchObject({ code: 'UnknownAccessKey' });
    const { Principal } = await world.internal.GetPrincipalSnapshot({ PrincipalId: user.principalId });
    expect(Principal?.ActiveAccessKeyIds).toEqual([]);
  });

  it('a session of another key of the same user goes on', async () => {
    const { UserName, user, fresh } = await loggedIn();
    const { AccessKey } = await asAdmin(api.CreateAccessKey, { UserName });
    await asAdmin(api.DeleteAccessKey, { UserName, AccessKeyId: AccessKey.AccessKeyId });
    await fresh.session();
    expect(user.accessKeyId).toBeDefined();
  });

  it('what a deleted user may do, also for callers that were established before', async () => {
    const { UserName, user, session, fresh } = await loggedIn();
    await removeUser(UserName, user.accessKeyId as string);
    for (const caller of [user, session])
      expect(await errorOf(world.as(caller, api.GetUser, {}))).toMatchObject({ code: 'Unauthenticated' });
    expect(await errorOf(world.as(user, api.GetCallerIdentity, {}))).toMatchObject({ code: 'Unauthenticated' });
    expect(await errorOf(fresh.key())).toMatchObject({ code: 'UnknownAccessKey' });
    expect(await errorOf(fresh.session())).toMatchObject({ code: 'UnknownAccessKey' });
    expect(await world.internal.GetPrincipalSnapshot({ PrincipalId: user.principalId })).toEqual({});
  });

  it('a user made anew under the name inherits nothing', async () => {
    const { UserName, user, fresh } = await loggedIn();
    await removeUser(UserName, user.accessKeyId as string);
    await asAdmin(api.CreateUser, { UserName });
    expect(await errorOf(fresh.key())).toMatchObject({ code: 'UnknownAccessKey' });
    expect(await errorOf(fresh.session())).toMatchObject({ code: 'UnknownAccessKey' });
    expect(await errorOf(world.as(user, api.GetUser, {}))).toMatchObject({ code: 'Unauthenticated' });
    const { Principals } = await world.internal.ResolvePrincipals({ Arns: [user.arn] });
    expect(Principals[0]?.PrincipalId).not.toBe(user.principalId);
  });

  it('leaves no row behind', async () => {
    const { UserName, user } = await loggedIn();
    await asAdmin(api.TagUser, { UserName, Tags: [{ Key: 'a', Value: 'b' }] });
    await removeUser(UserName, user.accessKeyId as string);
    const { principalId } = user;
    const db = world.store.read;
    expect(await db.selectFrom('iam_user').selectAll().where('user_id', '=', principalId).execute()).toEqual([]);
    expect(await db.selectFrom('access_key').selectAll().where('owner_id', '=', principalId).execute()).toEqual([]);
    expect(await db.selectFrom('group_member').selectAll().where('user_id', '=', principalId).execute()).toEqual([]);
    for (const table of ['tag', 'inline_policy', 'attachment'] as const)
      expect(await db.selectFrom(table).selectAll().where('owner_id', '=', principalId).execute()).toEqual([]);
  });

  it('a permission that is taken away', async () => {
    const { UserName, user } = await loggedIn();
    await asAdmin(api.DeleteUserPolicy, { UserName, PolicyName: 'test' });
    expect(await errorOf(world.as(user, api.GetUser, {}))).toMatchObject({ code: 'AccessDenied' });
  });
});

describe('the change feed', () => {
  it('names the accounts that changed, gapless, and everything for who starts from nothing', async () => {
    const { Version } = await world.internal.GetAuthorizationChanges({ Since: 0, WaitMilliseconds: 0 });
    const ask = (Since: number, WaitMilliseconds = 0) =>
      world.internal.GetAuthorizationChanges({ Since, WaitMilliseconds });
    expect((await ask(0)).Accounts).toEqual(['*']);
    expect(await ask(Version)).toEqual({ Version, Accounts: [] });
    expect((await ask(Version + 7)).Accounts).toEqual(['*']);
    await makeUser(world, 'feed');
    const next = await ask(Version);
    expect(next.Accounts).toEqual([world.admin.accountId]);
    expect(next.Version).toBeGreaterThan(Version);
  });

  it('wakes a waiting node with the commit', async () => {
    const { Version } = await world.internal.GetAuthorizationChanges({ Since: 0, WaitMilliseconds: 0 });
    const waiting = world.internal.GetAuthorizationChanges({ Since: Version, WaitMilliseconds: 1000 });
    const began = performance.now();
    await asAdmin(api.CreateUser, { UserName: 'waker' });
    expect((await waiting).Accounts).toEqual([world.admin.accountId]);
    expect(performance.now() - began).toBeLessThan(900);
  });

  it('is asked for everything when it was pruned in between', async () => {
    const { Version } = await world.internal.GetAuthorizationChanges({ Since: 0, WaitMilliseconds: 0 });
    await asAdmin(api.CreateUser, { UserName: 'pruned-1' });
    await asAdmin(api.CreateUser, { UserName: 'pruned-2' });
    await world.store.transaction((tx) => world.store.pruneChanges(tx, Version + 1));
    expect((await world.internal.GetAuthorizationChanges({ Since: Version, WaitMilliseconds: 0 })).Accounts).toEqual([
      '*',
    ]);
  });

  it('moves within a snapshot: a version never promises what it does not hold', async () => {
    const { Principal } = await world.internal.GetPrincipalSnapshot({ PrincipalId: world.admin.principalId });
    expect(Principal?.Version).toBe(await world.store.currentVersion());
    expect(Principal?.Policies).toMatchObject([{ Name: 'AdministratorAccess', Kind: 'identity', Version: 'v1' }]);
  });
});
