import { expect, it } from 'vitest';
import { iamApi } from '../../../iam/api/index.ts';
import { makeUser } from '../../../iam/testing/harness.ts';
import { orgApi } from '../../api/index.ts';
import { detectiveOnBothEngines } from '../../testing/detective-engines.ts';

const DAY = 86_400_000;

detectiveOnBothEngines('what services record', (room) => {
  const { iamArn, get, history, verdictOf, forward } = room;

  it('has a version for every change, with what changed, who did it and the record of it', async () => {
    await room.world.settle();
    await room.world.iam.as(room.world.management, iamApi.CreateUser, { UserName: 'bob' });
    await room.world.settle();
    await room.world.iam.as(room.world.management, iamApi.CreateAccessKey, { UserName: 'bob' });
    await room.world.settle();
    const { Versions } = await history(iamArn('user/bob'));
    expect(Versions.map((version) => [version.Version, version.Cause?.EventName])).toEqual([
      [2, 'CreateAccessKey'],
      [1, 'CreateUser'],
    ]);
    const [latest] = Versions;
    expect(latest!.Cause!.ActorArn).toBe(room.world.management.arn);
    expect(latest!.Changes).toMatchObject([{ Path: '/configuration/accessKeys/0' }]);
    const events = await room.world.iam.records();
    expect(events.map((event) => event.eventID)).toContain(latest!.Cause!.EventId);
    const first = await room.world.put(orgApi.GetResourceConfig, {
      Arn: iamArn('user/bob'),
      AsOf: Versions[1]!.CapturedAt,
    });
    expect(first.Item.Version).toBe(latest!.CapturedAt === Versions[1]!.CapturedAt ? 2 : 1);
  });

  it('turns a verdict as time passes, without anybody changing anything', async () => {
    await makeUser(room.world.iam, 'bob');
    await room.world.settle();
    expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('COMPLIANT');
    await forward(91 * DAY);
    expect(await verdictOf(iamArn('user/bob'), 'G-D-10')).toBe('NON_COMPLIANT');
    const { Versions, VerdictChanges } = await history(iamArn('user/bob'));
    expect(Versions).toHaveLength(1);
    expect(VerdictChanges.filter((change) => change.RuleId === 'G-D-10')).toMatchObject([
      { Before: 'COMPLIANT', After: 'NON_COMPLIANT' },
      { After: 'COMPLIANT' },
    ]);
  });

  it('sees that somebody was put into two offices that watch each other', async () => {
    await makeUser(room.world.iam, 'bob');
    for (const GroupName of ['Auditors', 'KeyCustodians']) {
      await room.world.iam.as(room.world.management, iamApi.CreateGroup, { GroupName });
      await room.world.iam.as(room.world.management, iamApi.AddUserToGroup, { GroupName, UserName: 'bob' });
    }
    await room.world.settle();
    expect(await verdictOf(iamArn('user/bob'), 'G-D-08')).toBe('NON_COMPLIANT');
    await room.world.iam.as(room.world.management, iamApi.RemoveUserFromGroup, {
      GroupName: 'Auditors',
      UserName: 'bob',
    });
    await room.world.settle();
    expect(await verdictOf(iamArn('user/bob'), 'G-D-08')).toBe('COMPLIANT');
  });

  it('keeps the timeline of what is gone, and no verdict on it', async () => {
    await room.world.iam.as(room.world.management, iamApi.CreateUser, { UserName: 'bob' });
    await room.world.settle();
    await room.world.iam.as(room.world.management, iamApi.DeleteUser, { UserName: 'bob' });
    await room.world.settle();
    const gone = await get(iamArn('user/bob'));
    expect(gone.Item.Status).toBe('DELETED');
    expect(gone.Verdicts).toEqual([]);
    expect((await history(iamArn('user/bob'))).Versions[0]!.Cause!.EventName).toBe('DeleteUser');
    const { Items } = await room.world.put(orgApi.ListResourceConfigs, { ResourceType: 'iam:user' });
    expect(Items.map((item) => item.Arn)).not.toContain(iamArn('user/bob'));
  });

  it('finds by its walk what the records did not tell', async () => {
    await room.world.settle();
    const { user_id } = await room.world.iam.store.read
      .selectFrom('iam_user')
      .select('user_id')
      .executeTakeFirstOrThrow();
    await room.world.iam.store.transaction(async (tx) => {
      await (tx as never as typeof room.world.iam.store.read)
        .updateTable('iam_user')
        .set({ path: '/moved/' })
        .where('user_id', '=', user_id)
        .execute();
    });
    const name = room.world.management.userName;
    await forward(2 * 3_600_000);
    expect((await get(iamArn(`user/moved/${name}`))).Item.Status).toBe('OK');
    expect((await get(iamArn(`user/${name}`))).Item.Status).toBe('DELETED');
  });

  it('goes on where it was when a step could not be finished', async () => {
    await room.world.settle();
    await room.world.iam.as(room.world.management, iamApi.CreateUser, { UserName: 'bob' });
    const { DescribeConfigurations } = room.world.deps.clients.iam;
    let failures = 2;
    room.world.deps.clients.iam.DescribeConfigurations = async (input) => {
      if (failures-- > 0) throw new Error('iam went away');
      return DescribeConfigurations(input);
    };
    await expect(room.world.settle()).rejects.toThrow('iam went away');
    await expect(room.world.settle()).rejects.toThrow('iam went away');
    await room.world.settle();
    expect((await history(iamArn('user/bob'))).Versions).toMatchObject([
      { Version: 1, Cause: { EventName: 'CreateUser' } },
    ]);
  });
});
