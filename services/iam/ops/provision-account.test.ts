import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { iamApi as api } from '../api/index.ts';
import { allow, errorOf, type IamWorld, makeUser, openIam, rootOf } from '../testing/harness.ts';

let world: IamWorld;
beforeAll(async () => {
  world = await openIam({ limits: { accounts: 3 } });
});
afterAll(() => world.close());

const MEMBER = { AccountId: '210987654321', AccountName: 'payments' };
const provision = (change: object = {}) =>
  world.internal.ProvisionAccount({ ...MEMBER, ManagementAccountId: world.admin.accountId, ...change });

describe('a member account of the organization', () => {
  it('is for our own services to make', async () => {
    const input = { ...MEMBER, ManagementAccountId: world.admin.accountId };
    expect((await errorOf(world.as(world.admin, api.ProvisionAccount, input))).code).toBe('AccessDenied');
    expect((await errorOf(world.as(world.admin, api.DescribeAccounts, { AccountIds: [], Emails: [] }))).code).toBe(
      'AccessDenied',
    );
  });

  it('has principals from then on, and nobody who can sign', async () => {
    const nobody = await world.internal.GetPrincipalSnapshot({ PrincipalId: MEMBER.AccountId });
    expect(nobody.Principal).toBeUndefined();
    const before = await world.store.currentVersion();
    await provision();
    expect(await world.store.currentVersion()).toBe(before + 1);
    const { Principal } = await world.internal.GetPrincipalSnapshot({ PrincipalId: MEMBER.AccountId });
    expect(Principal).toMatchObject({ Kind: 'root', ActiveAccessKeyIds: [] });
    // Its root user is there for whoever may become it; a user made by it works like any other.
    const user = await makeUser(world, 'first', [allow('iam:ListUsers')], rootOf(MEMBER.AccountId));
    expect((await world.as(user, api.ListUsers, {})).Users.map((u) => u.UserName)).toEqual(['first']);
  });

  it('is made once, however often and however many ask', async () => {
    const version = await world.store.currentVersion();
    await Promise.all([provision(), provision(), provision()]);
    expect(await world.store.currentVersion()).toBe(version);
    const { Accounts } = await world.as(world.admin, api.ListAccounts, {});
    expect(Accounts).toHaveLength(2);
    const racing = { AccountId: '310987654321', AccountName: 'racing' };
    await Promise.all([provision(racing), provision(racing), provision(racing)]);
    expect(await world.store.currentVersion()).toBe(version + 1);
  });

  it('never takes the place of another account', async () => {
    expect((await errorOf(provision({ AccountName: 'other' }))).code).toBe('Conflict');
    expect((await errorOf(provision({ AccountId: world.admin.accountId }))).code).toBe('Conflict');
  });

  it('counts against the limit of the installation', async () => {
    expect((await errorOf(provision({ AccountId: '410987654321' }))).code).toBe('LimitExceeded');
  });

  it('is described by id or address; what does not exist is left out', async () => {
    const ask = (AccountIds: string[], Emails: string[] = []) =>
      world.internal.DescribeAccounts({ AccountIds, Emails });
    expect(await ask([MEMBER.AccountId, '999999999999'])).toEqual({
      ManagementAccountId: world.admin.accountId,
      Accounts: [{ AccountId: MEMBER.AccountId, Name: 'payments' }],
    });
    expect((await ask([])).Accounts).toEqual([]);
    expect((await ask([], ['nobody@example.com'])).Accounts).toEqual([]);
  });
});
