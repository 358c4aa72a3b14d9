/** Class C14 on every node: what one node takes away, the others refuse within a second. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMemoryRoots } from '../../../hsm/memory/memory.ts';
import type { AnyOperation } from '../../../platform/contract/operation.ts';
import type { Caller } from '../../../platform/runtime/call.ts';
import {
  type PostgresServer,
  postgresMissing,
  startPostgres,
} from '../../../platform/store/testing/postgres-server.ts';
import { iamApi as api } from '../api/index.ts';
import {
  allow,
  assume,
  callerOf,
  errorOf,
  type IamWorld,
  makeRole,
  makeUser,
  openIam,
  policy,
} from '../testing/harness.ts';

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(`two nodes on one database${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let server: PostgresServer;
  let here: IamWorld;
  let there: IamWorld;
  beforeAll(async () => {
    server = await startPostgres();
    const roots = createMemoryRoots();
    here = await openIam({ url: server.url, roots });
    there = await openIam({ url: server.url, roots, firstRun: false });
    there.directory.start();
  });
  afterAll(async () => {
    await there?.directory.stop();
    await there?.close();
    await here?.close();
    await server?.stop();
  });

  let count = 0;
  async function known(): Promise<{ UserName: string; user: Caller }> {
    const UserName = `user-${++count}`;
    const user = await makeUser(here, UserName, [allow('iam:GetUser')]);
    await within(() =>
      there.as(user, api.GetUser, {}).then(
        () => true,
        () => false,
      ),
    );
    return { UserName, user };
  }

  /** How long it takes until it is so; fails after a second. */
  async function within(isSo: () => Promise<boolean>): Promise<void> {
    const until = performance.now() + 1000;
    while (!(await isSo())) {
      if (performance.now() > until) throw new Error('not so within a second');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const refused = (user: Caller) => () =>
    there.as(user, api.GetUser, {}).then(
      () => false,
      () => true,
    );
  const asAdmin = <Op extends AnyOperation>(operation: Op, input: unknown) => here.as(here.admin, operation, input);

  it('a permission', async () => {
    const { UserName, user } = await known();
    await asAdmin(api.DeleteUserPolicy, { UserName, PolicyName: 'test' });
    await within(refused(user));
  });

  it('a group membership', async () => {
    const { UserName, user } = await known();
    await asAdmin(api.CreateGroup, { GroupName: 'denied' });
    const PolicyDocument = policy({ Effect: 'Deny', Action: '*', Resource: '*' });
    await asAdmin(api.PutGroupPolicy, { GroupName: 'denied', PolicyName: 'p', PolicyDocument });
    await there.as(user, api.GetUser, {});
    await asAdmin(api.AddUserToGroup, { UserName, GroupName: 'denied' });
    await within(refused(user));
  });

  it('a user', async () => {
    const { UserName, user } = await known();
    await asAdmin(api.DeleteUserPolicy, { UserName, PolicyName: 'test' });
    await asAdmin(api.DeleteAccessKey, { UserName, AccessKeyId: user.accessKeyId });
    await asAdmin(api.DeleteUser, { UserName });
    await within(
      async () =>
        (await errorOf(there.as(user, api.GetCallerIdentity, {})).catch(() => undefined))?.code === 'Unauthenticated',
    );
  });

  it('an access key with its sessions: the caches that signatures are checked against hear of it', async () => {
    const { UserName, user } = await known();
    const { Credentials } = await there.as(user, api.GetSessionToken, {});
    await callerOf(there, Credentials.AccessKeyId, Credentials.SessionToken);
    let heard = false;
    const stop = there.hub.subscribe((accountId) => {
      heard ||= accountId === user.accountId;
    });
    await asAdmin(api.UpdateAccessKey, { UserName, AccessKeyId: user.accessKeyId, Status: 'Inactive' });
    await within(async () => heard);
    stop();
    expect(await errorOf(callerOf(there, user.accessKeyId as string))).toMatchObject({ code: 'UnknownAccessKey' });
    expect(await errorOf(callerOf(there, Credentials.AccessKeyId, Credentials.SessionToken))).toMatchObject({
      code: 'UnknownAccessKey',
    });
  });

  it('one session of a role, all before a time, and what was made from them', async () => {
    const first = await makeRole(here, 'first', [allow(['iam:ListUsers', 'sts:AssumeRole'])]);
    const second = await makeRole(here, 'second', [allow('iam:ListUsers')]);
    const ends: ((parent: Caller) => Promise<unknown>)[] = [
      (parent) => asAdmin(api.RevokeSession, { SessionId: parent.accessKeyId }),
      () => asAdmin(api.RevokeSessionsBefore, { RoleName: 'first' }),
    ];
    for (const end of ends) {
      const parent = await assume(here, here.admin, first);
      const child = await assume(there, parent, second);
      for (const caller of [parent, child]) await there.as(caller, api.ListUsers, {});
      here.clock.time += 5;
      await end(parent);
      for (const caller of [parent, child])
        await within(
          async () =>
            (await errorOf(there.as(caller, api.ListUsers, {})).catch(() => undefined))?.code === 'Unauthenticated',
        );
    }
  });

  it('lets no session be made from one that is being revoked', async () => {
    const first = await makeRole(here, 'race-1', [allow('sts:AssumeRole')]);
    const second = await makeRole(here, 'race-2', [allow('iam:ListUsers')]);
    for (let i = 0; i < 10; i++) {
      const parent = await assume(here, here.admin, first);
      const input = { RoleArn: second, RoleSessionName: 'child' };
      const [made] = await Promise.allSettled([
        there.as(parent, api.AssumeRole, input),
        asAdmin(api.RevokeSession, { SessionId: parent.accessKeyId }),
      ]);
      if (made.status === 'rejected') continue;
      const { AccessKeyId, SessionToken } = made.value.Credentials;
      expect(await errorOf(callerOf(here, AccessKeyId, SessionToken))).toMatchObject({ code: 'UnknownAccessKey' });
    }
  });
});
