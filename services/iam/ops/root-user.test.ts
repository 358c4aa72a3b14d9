/** Root users: nothing opens them but a claim, and a claim opens them once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import { iamApi as api } from '../api/index.ts';
import {
  allow,
  assume,
  callerOf,
  enableDevice,
  errorOf,
  type IamWorld,
  makeUser,
  openIam,
  otherAdmin,
} from '../testing/harness.ts';
import { insertAccessRole } from './roles/access-role.ts';

let world: IamWorld;
let boss: Caller;
beforeAll(async () => {
  world = await openIam();
  boss = await otherAdmin(world);
});
afterAll(() => world.close());

const NOBODY: Caller = { kind: 'anonymous', arn: 'anonymous', accountId: '', principalId: 'anonymous' };
const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => world.as(world.admin, operation, input);
const issue = (AccountId = boss.accountId, more = {}) => asAdmin(api.IssueRootClaim, { AccountId, ...more });
const claim = (Token: string, AccountId = boss.accountId) => world.as(NOBODY, api.ClaimRootUser, { AccountId, Token });

async function claimed(): Promise<Caller> {
  const { AccessKey } = await claim((await issue()).Token);
  return callerOf(world, AccessKey.AccessKeyId);
}

describe('a root user', () => {
  it('is claimed without credentials, with the token alone, and is then root', async () => {
    const root = await claimed();
    expect(await world.as(root, api.GetCallerIdentity, {})).toEqual({
      UserId: boss.accountId,
      Account: boss.accountId,
      Arn: `arn:aws:iam::${boss.accountId}:root`,
    });
    await world.as(root, api.CreateUser, { UserName: 'made-by-root' });
    expect((await world.as(root, api.GetAccountSummary, {})).SummaryMap.AccountAccessKeysPresent).toBe(1);
  });

  it('has the claim in the record of its account, and who issued it in that of the management account', async () => {
    await claimed();
    const records = (await world.records()).slice(-4);
    const found = records.find((r) => r.eventName === 'ClaimRootUser');
    expect(found).toMatchObject({ recipientAccountId: boss.accountId, userIdentity: { type: 'Anonymous' } });
    expect(records.find((r) => r.eventName === 'IssueRootClaim')).toMatchObject({
      recipientAccountId: world.admin.accountId,
      userIdentity: { arn: world.admin.arn },
      requestParameters: { AccountId: boss.accountId },
    });
    expect(JSON.stringify(records)).not.toContain('"Token"');
  });

  it('is claimed once by one token, of the account it was issued for, in time', async () => {
    const { Token } = await issue();
    expect(await errorOf(claim(Token, world.admin.accountId))).toMatchObject({ code: 'AccessDenied' });
    await claim(Token);
    expect(await errorOf(claim(Token))).toMatchObject({ code: 'AccessDenied' });
    const late = await issue(boss.accountId, { ValidSeconds: 300 });
    world.clock.time += 300_000;
    expect(await errorOf(claim(late.Token))).toMatchObject({ code: 'AccessDenied' });
    const replaced = await issue();
    const next = await issue();
    expect(await errorOf(claim(replaced.Token))).toMatchObject({ code: 'AccessDenied' });
    await claim(next.Token);
  });

  it('is claimed by one of two who bring the token at once', async () => {
    const { Token } = await issue();
    const results = await Promise.allSettled([claim(Token), claim(Token), claim(Token)]);
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(1);
  });

  it('answers the same for an account without a claim and one that does not exist', async () => {
    const token = 'A'.repeat(43);
    const none = await errorOf(claim(token));
    const missing = await errorOf(claim(token, '999999999999'));
    expect(none).toMatchObject({ code: 'AccessDenied', message: missing.message });
  });

  it('is not for anybody but the management account to hand out', async () => {
    const root = await claimed();
    for (const caller of [boss, root])
      expect(await errorOf(world.as(caller, api.IssueRootClaim, { AccountId: boss.accountId }))).toMatchObject({
        code: 'AccessDenied',
      });
  });

  it('loses keys, sessions and devices to the next claim', async () => {
    const root = await claimed();
    const app = await enableDevice(world, 'root-phone', undefined, root);
    const made = await world.as(root, api.GetSessionToken, { SerialNumber: app.serial, TokenCode: app.code() });
    const session = await callerOf(world, made.Credentials.AccessKeyId, made.Credentials.SessionToken);
    expect(session.session?.mfaAt).toBe(world.clock.time);
    expect(session.session?.expiresAt).toBe(world.clock.time + 3_600_000);
    expect((await world.as(root, api.GetAccountSummary, {})).SummaryMap).toMatchObject({ AccountMFAEnabled: 1 });
    const next = await claimed();
    expect(await errorOf(callerOf(world, root.accessKeyId as string))).toMatchObject({ code: 'UnknownAccessKey' });
    expect(await errorOf(world.as(session, api.GetCallerIdentity, {}))).toMatchObject({ code: 'Unauthenticated' });
    expect((await world.as(next, api.ListMFADevices, {})).MFADevices).toEqual([]);
  });

  it('keeps its own access keys like a user', async () => {
    const root = await claimed();
    const { AccessKey } = await world.as(root, api.CreateAccessKey, {});
    expect(AccessKey).not.toHaveProperty('UserName');
    expect((await world.as(root, api.ListAccessKeys, {})).AccessKeyMetadata).toHaveLength(2);
    expect(await errorOf(world.as(root, api.CreateAccessKey, {}))).toMatchObject({ code: 'LimitExceeded' });
    const used = await world.as(root, api.GetAccessKeyLastUsed, { AccessKeyId: AccessKey.AccessKeyId });
    expect(used).not.toHaveProperty('UserName');
    await world.as(root, api.UpdateAccessKey, { AccessKeyId: root.accessKeyId, Status: 'Inactive' });
    expect(await errorOf(callerOf(world, root.accessKeyId as string))).toMatchObject({ code: 'UnknownAccessKey' });
    await world.as(await callerOf(world, AccessKey.AccessKeyId), api.DeleteAccessKey, {
      AccessKeyId: root.accessKeyId,
    });
  });
});

describe('the access role of an account', () => {
  const make = (roleName: string, hardened = false) =>
    world.store.transaction(async (tx) => {
      const { accountId } = boss;
      const request = {
        accountId,
        managementAccountId: world.admin.accountId,
        roleName,
        hardened,
        now: world.clock.time,
      };
      const arn = await insertAccessRole(tx, world.deps, request);
      await world.deps.store.bumpVersion(tx, { kind: 'role', objectId: arn, accountId });
      return arn;
    });

  it('lets the management account in, for an hour, with everything', async () => {
    const arn = await make('OrganizationAccountAccessRole');
    const session = await assume(world, world.admin, arn);
    await world.as(session, api.CreateUser, { UserName: 'by-access-role' });
    expect(await errorOf(assume(world, world.admin, arn, { DurationSeconds: 3601 }))).toMatchObject({
      code: 'Validation',
    });
    const nobody = await makeUser(world, 'no-access');
    expect(await errorOf(assume(world, nobody, arn))).toMatchObject({ code: 'AccessDenied' });
    expect(await errorOf(assume(world, boss, arn))).toMatchObject({ code: 'AccessDenied' });
  });

  it('asks for a fresh second factor and a ticket when it is hardened', async () => {
    const arn = await make('HardenedAccess', true);
    const user = await makeUser(world, 'operator', [allow(['sts:AssumeRole', 'sts:TagSession'], arn)]);
    const app = await enableDevice(world, 'operator', 'operator');
    const Tags = [{ Key: 'ticket', Value: 'INC-7' }];
    expect(await errorOf(assume(world, user, arn, { Tags }))).toMatchObject({ code: 'AccessDenied' });
    const code = { SerialNumber: app.serial, TokenCode: app.code() };
    expect(await errorOf(assume(world, user, arn, code))).toMatchObject({ code: 'AccessDenied' });
    await assume(world, user, arn, { ...code, Tags });
  });
});
