import { beforeAll, describe, expect, it } from 'vitest';
import { ServiceError } from '../../../platform/contract/error.ts';
import { restoreApplied } from '../../../platform/store/tables/restores.ts';
import { iamApi } from '../../iam/api/index.ts';
import { rootOf } from '../../iam/testing/harness.ts';
import { orgApi as api } from '../api/index.ts';
import type { OrgClients } from '../deps.ts';
import { finishClosures } from '../jobs/finish-closures.ts';
import { finishCreations } from '../jobs/finish-creations.ts';
import { onBothEngines } from '../testing/engines.ts';
import {
  failure,
  found,
  joined,
  member,
  type OrgWorld,
  openOrg,
  settled,
  standAlone,
  unit,
} from '../testing/harness.ts';

const DAY = 86_400_000;

onBothEngines('accounts', (the) => {
  let world: OrgWorld;
  let root: string;
  const stateOf = async (AccountId: string) => (await world.ask(api.DescribeAccount, { AccountId })).Account.State;
  const create = (input: object) => world.ask(api.CreateAccount, input);

  beforeAll(async () => {
    world = the();
    root = (await found(world)).rootId;
  });

  it('is in its unit with its guardrails before anybody can act in it, and active when iam is done', async () => {
    const parent = await unit(world, root, 'born here');
    const { CreateAccountStatus: status } = await create({
      AccountName: 'newborn',
      Email: 'Newborn@example.com',
      ParentId: parent,
      Tags: [{ Key: 'owner', Value: 'payments' }],
    });
    expect(status).toMatchObject({ State: 'IN_PROGRESS', AccountName: 'newborn' });
    expect(status.AccountId).toBeUndefined();
    const id = await settled(world, status.Id);
    const { Account } = await world.ask(api.DescribeAccount, { AccountId: id });
    expect(Account).toMatchObject({
      Id: id,
      Name: 'newborn',
      Email: 'Newborn@example.com',
      State: 'ACTIVE',
      Status: 'ACTIVE',
      JoinedMethod: 'CREATED',
    });
    expect((await world.ask(api.ListParents, { ChildId: id })).Parents[0]?.Id).toBe(parent);
    const { Tags } = await world.ask(api.ListTagsForResource, { ResourceId: id });
    expect(Tags).toEqual([{ Key: 'owner', Value: 'payments' }]);
    // Its root user exists for iam: a principal of the new account.
    const root_ = await world.iam.internal.GetPrincipalSnapshot({ PrincipalId: id });
    expect(root_.Principal).toMatchObject({ Kind: 'root', AccountId: id });
    const described = await world.iam.as(world.management, iamApi.DescribeAccount, { AccountId: id });
    expect(described.Account).toMatchObject({ Name: 'newborn', Kind: 'member' });
  });

  it('an address belongs to one account, whatever its letter case', async () => {
    const { CreateAccountStatus } = await create({ AccountName: 'second', Email: 'newborn@EXAMPLE.com' });
    expect(CreateAccountStatus).toMatchObject({ State: 'FAILED', FailureReason: 'EMAIL_ALREADY_EXISTS' });
    expect(CreateAccountStatus.AccountId).toBeUndefined();
    const listed = await world.ask(api.ListCreateAccountStatus, { States: ['FAILED'] });
    expect(listed.CreateAccountStatuses.map((status) => status.Id)).toContain(CreateAccountStatus.Id);
    const unknown = { CreateAccountRequestId: 'car-aaaaaaaaaa' };
    expect(await failure(world.ask(api.DescribeCreateAccountStatus, unknown))).toBe('CreateAccountStatusNotFound');
  });

  it.each([
    ['no address', { Email: 'nobody' }],
    ['two signs', { Email: 'a@b@example.com' }],
    ['a dot at the beginning', { Email: '.a@example.com' }],
    ['a name of a service-linked role', { RoleName: 'AWSServiceRoleForMe' }],
    ['a name outside ASCII', { AccountName: 'zahlungsströme' }],
  ])('is refused: %s', async (_, change) => {
    const input = { AccountName: 'refused', Email: 'refused@example.com', ...change };
    expect(await failure(create(input))).toBe('Validation');
  });

  it('gets another name, and keeps its id', async () => {
    const id = await member(world, 'before');
    const { Account } = await world.ask(api.RenameAccount, { AccountId: id, AccountName: 'after' });
    expect(Account).toMatchObject({ Id: id, Name: 'after' });
    expect((await world.ask(api.DescribeAccount, { AccountId: id })).Account.Name).toBe('after');
  });

  it('is suspended and resumed; the view says so at once', async () => {
    const id = await member(world, 'paused');
    const inView = async () => (await world.internal.GetOrganizationView({})).Accounts.find((a) => a.Id === id);
    const { Account } = await world.ask(api.SuspendAccount, { AccountId: id, KeepCrossAccountUse: true });
    expect(Account).toMatchObject({ State: 'SUSPENDED', Status: 'SUSPENDED' });
    expect(await inView()).toMatchObject({ State: 'SUSPENDED', KeepCrossAccountUse: true });
    expect(await failure(world.ask(api.SuspendAccount, { AccountId: id }))).toBe('AccountConflict');
    expect(await failure(world.ask(api.RemoveAccountFromOrganization, { AccountId: id }))).toBe(
      'ConstraintViolation/ACCOUNT_CANNOT_LEAVE_ORGANIZATION',
    );
    await world.ask(api.ResumeAccount, { AccountId: id });
    expect(await inView()).toMatchObject({ State: 'ACTIVE', KeepCrossAccountUse: false });
    expect(await failure(world.ask(api.ResumeAccount, { AccountId: id }))).toBe('AccountConflict');
  });

  it('is closed, reinstated while its grace lasts, and leaves for good after it', async () => {
    const id = await member(world, 'ending');
    await world.ask(api.CloseAccount, { AccountId: id });
    await expect.poll(() => stateOf(id)).toBe('CLOSED');
    expect(await failure(world.ask(api.CloseAccount, { AccountId: id }))).toBe('AccountAlreadyClosed');
    expect(await failure(world.ask(api.TagResource, { ResourceId: id, Tags: [{ Key: 'a', Value: 'b' }] }))).toBe(
      'TargetNotFound',
    );
    world.clock.time += 89 * DAY;
    await finishClosures.run(world.deps);
    expect((await world.ask(api.ReinstateAccount, { AccountId: id })).Account.State).toBe('ACTIVE');

    await world.ask(api.CloseAccount, { AccountId: id });
    await expect.poll(() => stateOf(id)).toBe('CLOSED');
    world.clock.time += 90 * DAY;
    expect(await failure(world.ask(api.ReinstateAccount, { AccountId: id }))).toBe('AccountConflict');
    await finishClosures.run(world.deps);
    expect(await failure(world.ask(api.DescribeAccount, { AccountId: id }))).toBe('AccountNotFound');
    const { Accounts, Attachments } = await world.internal.GetOrganizationView({});
    // It stays closed for every service, and nothing is attached to it any more.
    expect(Accounts.find((account) => account.Id === id)).toEqual({
      Id: id,
      State: 'CLOSED',
      KeepCrossAccountUse: false,
    });
    expect(Attachments.some((attachment) => attachment.TargetId === id)).toBe(false);
    expect(await failure(world.ask(api.InviteAccountToOrganization, { Target: { Id: id, Type: 'ACCOUNT' } }))).toBe(
      'InvalidInput/INVALID_PATTERN_TARGET_ID',
    );
  });

  it('that was to leave waits anew after a restore, and may be reinstated meanwhile', async () => {
    const id = await member(world, 'restored');
    await world.ask(api.CloseAccount, { AccountId: id });
    await expect.poll(() => stateOf(id)).toBe('CLOSED');
    world.clock.time += 91 * DAY;
    await world.deps.store.transaction((tx) => restoreApplied(tx, 'a restore', world.clock.time));
    await finishClosures.run(world.deps);
    expect(await stateOf(id)).toBe('CLOSED');
    world.clock.time += 7 * DAY - 1;
    expect((await world.ask(api.ReinstateAccount, { AccountId: id })).Account.State).toBe('ACTIVE');
  });

  it('what happens to an account without a request is recorded, once', async () => {
    const id = await member(world, 'recorded');
    await world.ask(api.CloseAccount, { AccountId: id });
    await expect.poll(() => stateOf(id)).toBe('CLOSED');
    world.clock.time += 91 * DAY;
    await Promise.all([finishClosures.run(world.deps), finishClosures.run(world.deps)]);
    const records = (await world.records()).filter((record) => JSON.stringify(record).includes(id));
    const results = records.filter((record) => /Result|Departed/.test(record.eventName as string));
    expect(results.map((record) => record.eventName)).toEqual([
      'CreateAccountResult',
      'CloseAccountResult',
      'AccountDepartedOrganization',
    ]);
    expect(results[0]).toMatchObject({
      eventSource: 'organizations.amazonaws.com',
      recipientAccountId: world.management.accountId,
      requestParameters: { AccountId: id, State: 'SUCCEEDED' },
    });
  });

  it('the management account cannot be suspended, closed, removed, and cannot leave', async () => {
    const AccountId = world.management.accountId;
    const rule = 'ConstraintViolation/CANNOT_CLOSE_MANAGEMENT_ACCOUNT';
    expect(await failure(world.ask(api.SuspendAccount, { AccountId }))).toBe(rule);
    expect(await failure(world.ask(api.CloseAccount, { AccountId }))).toBe(rule);
    expect(await failure(world.ask(api.RemoveAccountFromOrganization, { AccountId }))).toBe(
      'MasterCannotLeaveOrganization',
    );
    expect(await failure(world.ask(api.LeaveOrganization))).toBe('MasterCannotLeaveOrganization');
  });

  it('a member leaves by itself or is removed, and is outside after that', async () => {
    const [leaver, removed] = [await joined(world, 'leaver'), await joined(world, 'removed')];
    await world.as(leaver, api.LeaveOrganization, {});
    await world.ask(api.RemoveAccountFromOrganization, { AccountId: removed.accountId });
    for (const caller of [leaver, removed]) {
      expect(await failure(world.as(caller, api.DescribeOrganization, {}))).toBe('OrganizationsNotInUse');
      expect(await failure(world.ask(api.DescribeAccount, { AccountId: caller.accountId }))).toBe('AccountNotFound');
    }
    const { Accounts, Attachments } = await world.internal.GetOrganizationView({});
    expect(Accounts.map((account) => account.Id)).not.toContain(leaver.accountId);
    expect(Attachments.map((attachment) => attachment.TargetId)).not.toContain(leaver.accountId);
    const leaving = (await world.records()).find((record) => record.eventName === 'LeaveOrganization');
    expect(leaving).toBeDefined();
  });

  it('a member without permissions of its own cannot take its account out', async () => {
    const caller = await joined(world, 'kept');
    const user = { ...caller, kind: 'user' as const };
    await world.iam.as(caller, iamApi.CreateUser, { UserName: 'guest' });
    const { AccessKey } = await world.iam.as(caller, iamApi.CreateAccessKey, { UserName: 'guest' });
    const { PrincipalId, Arn } = await world.iam.internal.GetSigningKey({
      AccessKeyId: AccessKey.AccessKeyId,
      Date: '20261122',
      Region: 'local-1',
      Service: 'iam',
    });
    const guest = { ...user, principalId: PrincipalId, arn: Arn, userName: 'guest' };
    expect(await failure(world.as(guest, api.LeaveOrganization, {}))).toBe('AccessDenied');
    expect(await failure(world.as(guest, api.DescribeOrganization, {}))).toBe('AccessDenied');
    await world.as(rootOf(caller.accountId), api.LeaveOrganization, {});
  });
});

onBothEngines(
  'accounts within their limits',
  (the) => {
    let world: OrgWorld;
    beforeAll(async () => {
      world = the();
      await found(world);
    });

    it('closing has a quota for 30 days', async () => {
      const [a, b] = [await member(world, 'one'), await member(world, 'two')];
      await world.ask(api.CloseAccount, { AccountId: a });
      expect(await failure(world.ask(api.CloseAccount, { AccountId: b }))).toBe(
        'ConstraintViolation/CLOSE_ACCOUNT_QUOTA_EXCEEDED',
      );
      world.clock.time += 31 * DAY;
      await world.ask(api.CloseAccount, { AccountId: b });
    });

    it('an account that was made stays for the days it must', async () => {
      const id = await member(world, 'fresh');
      const remove = () => world.ask(api.RemoveAccountFromOrganization, { AccountId: id });
      expect(await failure(remove())).toBe('ConstraintViolation/WAIT_PERIOD_ACTIVE');
      world.clock.time += 4 * DAY;
      await remove();
    });

    it('members and open invitations count together', async () => {
      const guest = await standAlone(world, 'guest');
      for (let free = 5 - (await world.ask(api.ListAccounts)).Accounts.length; free > 1; free--)
        await member(world, `filler ${free}`);
      const invite = { Target: { Id: guest.accountId, Type: 'ACCOUNT' } };
      const { Handshake } = await world.ask(api.InviteAccountToOrganization, invite);
      const full = 'ConstraintViolation/ACCOUNT_NUMBER_LIMIT_EXCEEDED';
      expect(await failure(member(world, 'too many'))).toBe(full);
      await world.ask(api.CancelHandshake, { HandshakeId: Handshake.Id });
      await member(world, 'the last');
      expect(await failure(world.ask(api.InviteAccountToOrganization, invite))).toBe(full);
    });
  },
  {
    limits: {
      accounts: 5,
      closures: { percentOfMembers: 20, atLeast: 1, atMost: 1 },
      minimumMembershipDays: 4,
    },
  },
);

/** What becomes of a request when iam is not there, at every point of the way. */
describe('an account that iam cannot make yet', () => {
  const failing = (how: (call: number) => 'before' | 'after' | 'never', error?: ServiceError) => {
    let calls = 0;
    const away = error ?? new ServiceError('Unavailable', 'iam cannot be reached');
    const wrapIam = (iam: OrgClients['iam']): OrgClients['iam'] => ({
      ...iam,
      async ProvisionAccount(input) {
        const when = how(++calls);
        if (when === 'before') throw away;
        const done = await iam.ProvisionAccount(input);
        if (when === 'after') throw away;
        return done;
      },
    });
    return { wrapIam, calls: () => calls };
  };

  it.each([
    ['before it has done anything', 'before'],
    ['after it has done its part, the answer lost', 'after'],
  ] as const)('is finished by the next turn: iam failed %s', async (_, when) => {
    const fault = failing((call) => (call <= 2 ? when : 'never'));
    const world = await openOrg({ wrapIam: fault.wrapIam });
    try {
      await found(world);
      const { CreateAccountStatus } = await world.ask(api.CreateAccount, {
        AccountName: 'late',
        Email: 'late@example.com',
      });
      await expect.poll(fault.calls).toBe(1);
      await finishCreations.run(world.deps);
      const [row] = await world.store.read.selectFrom('account').selectAll().where('name', '=', 'late').execute();
      // Bound by its guardrails, and nobody's to act in.
      expect(row).toMatchObject({ state: 'PENDING_ACTIVATION' });
      const id = row?.account_id as string;
      expect(await failure(world.ask(api.RemoveAccountFromOrganization, { AccountId: id }))).toBe(
        'ConstraintViolation/ACCOUNT_CREATION_NOT_COMPLETE',
      );
      expect(await failure(world.ask(api.CloseAccount, { AccountId: id }))).toBe('AccountConflict');
      await finishCreations.run(world.deps);
      expect(await settled(world, CreateAccountStatus.Id)).toBe(id);
      await finishCreations.run(world.deps);
      expect(fault.calls()).toBe(3);
      const { SummaryMap } = await world.iam.as(rootOf(id), iamApi.GetAccountSummary, {});
      expect(SummaryMap.Users).toBe(0);
    } finally {
      await world.close();
    }
  });

  it.each([
    ['LimitExceeded', 'ACCOUNT_LIMIT_EXCEEDED'],
    ['Conflict', 'CONCURRENT_ACCOUNT_MODIFICATION'],
  ])('has failed when iam says %s, and its id is not used again', async (code, reason) => {
    const { wrapIam } = failing(() => 'before', new ServiceError(code, 'no'));
    const world = await openOrg({ wrapIam });
    try {
      await found(world);
      const { CreateAccountStatus } = await world.ask(api.CreateAccount, {
        AccountName: 'never',
        Email: 'never@example.com',
      });
      await expect(settled(world, CreateAccountStatus.Id)).rejects.toThrow(reason);
      const [row] = await world.store.read.selectFrom('account').selectAll().where('name', '=', 'never').execute();
      expect(row).toMatchObject({ state: 'CLOSED', organization_id: null, email_key: null });
      expect((await world.ask(api.ListAccounts)).Accounts).toHaveLength(1);
    } finally {
      await world.close();
    }
  });

  it('is not made by more requests at once than may be in progress', async () => {
    const { wrapIam } = failing(() => 'before');
    const world = await openOrg({ wrapIam, limits: { creationsInProgress: 2 } });
    try {
      await found(world);
      const create = (n: number) => world.ask(api.CreateAccount, { AccountName: `n${n}`, Email: `n${n}@example.com` });
      await create(1);
      await create(2);
      expect(await failure(create(3))).toBe('ConstraintViolation/ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED');
    } finally {
      await world.close();
    }
  });
});
