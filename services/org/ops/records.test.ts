import { expect, it } from 'vitest';
import type { InputOf } from '../../../platform/contract/operation.ts';
import { orgApi } from '../api/index.ts';
import { detectiveOnBothEngines } from '../testing/detective-engines.ts';
import { found, joined, standAlone } from '../testing/harness.ts';

type Query = InputOf<typeof orgApi.LookupOrganizationEvents>;

detectiveOnBothEngines('records of an organization', (room) => {
  const { volume } = room;

  async function begun() {
    await found(room.world);
    const member = await joined(room.world, 'shop');
    const archive = await joined(room.world, 'log-archive');
    const stranger = await standAlone(room.world, 'stranger');
    for (const by of [member, stranger, archive])
      for (const id of ['vol-1', 'vol-2'])
        await room.world.put(orgApi.PutResourceConfig, volume(id, { encrypted: true }), by);
    await room.world.relay();
    return { member, archive, stranger };
  }

  type By = Awaited<ReturnType<typeof begun>>['member'];
  const page = (query: Query, by: By = room.world.management) =>
    room.world.put(orgApi.LookupOrganizationEvents, query, by);

  async function search(query: Query, by?: By) {
    const events: { AccountId: string; Sequence: number; Event: unknown }[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await page({ ...query, ...(NextToken !== undefined && { NextToken }) }, by);
      events.push(...answer.Events);
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    return events;
  }
  const PUTS = { EventName: 'PutResourceConfig' };
  const accountsOf = (events: { AccountId: string }[]) => [...new Set(events.map(({ AccountId }) => AccountId))].sort();

  it('are found by the management account and by where logs are kept; by nobody else, and of no stranger', async () => {
    const { member, archive, stranger } = await begun();
    const members = [member.accountId, archive.accountId].sort();
    expect(accountsOf(await search(PUTS))).toEqual(members);
    for (const by of [member, archive, stranger]) expect(accountsOf(await search(PUTS, by))).toEqual([by.accountId]);

    const ServicePrincipal = 'cloudtrail.amazonaws.com';
    await room.world.put(orgApi.EnableAWSServiceAccess, { ServicePrincipal });
    await room.world.put(orgApi.RegisterDelegatedAdministrator, { AccountId: archive.accountId, ServicePrincipal });
    expect(accountsOf(await search(PUTS, archive))).toEqual(members);
    // Seeing records is not seeing verdicts.
    await expect(
      room.world.put(orgApi.ListConfigVerdicts, { AccountId: member.accountId }, archive),
    ).rejects.toMatchObject({ code: 'NotFound' });
    await room.world.put(orgApi.DeregisterDelegatedAdministrator, { AccountId: archive.accountId, ServicePrincipal });
    expect(accountsOf(await search(PUTS, archive))).toEqual([archive.accountId]);
  });

  it('of an account that is not to be seen are those of an account that does not exist', async () => {
    const { member, stranger } = await begun();
    const asked = (AccountId: string, by?: By) =>
      page({ AccountId }, by).then(
        () => 'found',
        (error: Error & { code: string }) => `${error.code} ${error.message.replace(AccountId, 'X')}`,
      );
    const missing = await asked('999999999999');
    expect(missing).toMatch(/^NotFound/);
    expect(await asked(stranger.accountId)).toBe(missing);
    expect(await asked(room.world.management.accountId, member)).toBe(missing);
    expect(await asked(member.accountId, member)).toBe('found');
    expect(await asked(member.accountId)).toBe('found');
  });

  it('come by time, with any page size and in both orders, each once', async () => {
    await begun();
    const all = await search({ Limit: 200 });
    expect(all.length).toBeGreaterThan(10);
    const named = ({ AccountId, Sequence }: (typeof all)[number]) => `${AccountId}/${Sequence}`;
    expect(new Set(all.map(named)).size).toBe(all.length);
    // Searching is recorded too, but only what was relayed can be found.
    for (const Limit of [1, 7])
      expect((await search({ Limit, Order: 'asc' })).map(named)).toEqual(all.map(named).toReversed());
    const times = all.map(({ Event }) => (Event as { eventTime: string }).eventTime);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it('are found by what was touched, whatever account the caller has', async () => {
    const { member, archive } = await begun();
    const Resource = room.volumeArn('vol-1', member.accountId);
    const touched = await search({ Resource });
    expect(accountsOf(touched)).toEqual([member.accountId]);
    expect(touched).toHaveLength((await search({ Resource, AccountId: member.accountId })).length);
    await room.world.put(orgApi.GetResourceConfig, { Arn: Resource }, archive).catch(() => undefined);
    await room.world.relay();
    expect(accountsOf(await search({ Resource }))).toEqual([member.accountId, archive.accountId].sort());
  });

  it('are found by every filter, and by none that does not match', async () => {
    const { member } = await begun();
    const Resource = room.volumeArn('vol-1', member.accountId);
    const [one] = await search({ ...PUTS, Resource });
    const event = one!.Event as Record<'eventID' | 'eventSource' | 'eventTime' | 'requestID', string> & {
      userIdentity: { arn: string; accessKeyId: string; userName: string };
    };
    const { arn, accessKeyId, userName } = event.userIdentity;
    const at = Date.parse(event.eventTime);
    const nothing = '019a0c1e-7b00-7000-8000-000000000000';
    const filters: [Query, Query][] = [
      [{ AccountId: member.accountId }, { AccountId: room.world.management.accountId }],
      [{ StartTime: at }, { StartTime: at + 1_000_000 }],
      [{ EndTime: at }, { EndTime: at - 1_000_000 }],
      [PUTS, { EventName: 'CreateKey' }],
      [{ EventSource: event.eventSource }, { EventSource: 'pca.amazonaws.com' }],
      [{ PrincipalArn: arn }, { PrincipalArn: `${arn}x` }],
      [userName ? { UserName: userName } : {}, { UserName: 'somebody-else' }],
      [accessKeyId ? { AccessKeyId: accessKeyId } : {}, { AccessKeyId: 'AKIAOTHER' }],
      [{ Resource }, { Resource: room.volumeArn('vol-9', member.accountId) }],
      [{ Outcome: 'success' }, { Outcome: 'denied' }],
      [{}, { Layer: 'scp' }],
      [{}, { EnterpriseProjectId: 'project-9' }],
      [{ RequestId: event.requestID }, { RequestId: 'another' }],
      [{ EventId: event.eventID }, { EventId: nothing }],
    ];
    for (const [matching, other] of filters) {
      const found = await search({ Resource, ...matching });
      expect(found.map((hit) => (hit.Event as { eventID: string }).eventID)).toContain(event.eventID);
      expect(await search({ Resource, ...PUTS, ...other })).toEqual([]);
    }
  });

  it('refuses a page token of other filters', async () => {
    await begun();
    const { NextToken } = await page({ Limit: 1 });
    await expect(page({ ...PUTS, NextToken })).rejects.toMatchObject({ code: 'Validation' });
  });
});

detectiveOnBothEngines('records of an organization as they come', (room) => {
  const { volume } = room;
  type By = Awaited<ReturnType<typeof joined>>;
  const tail = (input: InputOf<typeof orgApi.TailOrganizationEvents>, by?: By) =>
    room.world.put(orgApi.TailOrganizationEvents, { WaitSeconds: 0, ...input }, by);
  const write = async (by: By) => {
    await room.world.put(orgApi.PutResourceConfig, volume('vol-1', { encrypted: true }), by);
    await room.world.relay();
  };
  /** Who looks is recorded as well. */
  const putsIn = <Found extends { Event: unknown }>(events: Found[]) =>
    events.filter(({ Event }) => (Event as { eventName: string }).eventName === 'PutResourceConfig');
  const accountsOf = (events: { AccountId: string; Event: unknown }[]) =>
    [...new Set(putsIn(events).map(({ AccountId }) => AccountId))].sort();

  async function begun() {
    await found(room.world);
    const member = await joined(room.world, 'shop');
    const archive = await joined(room.world, 'log-archive');
    const stranger = await standAlone(room.world, 'stranger');
    await room.world.relay();
    return { member, archive, stranger, from: (await tail({})).NextPosition };
  }

  it('are those of members for where logs are kept, in the order of the log; for others their own', async () => {
    const { member, archive, stranger, from } = await begun();
    for (const by of [member, stranger, archive, member]) await write(by);
    const mine = await tail({ FromPosition: from });
    expect(accountsOf(mine.Events)).toEqual([member.accountId, archive.accountId].sort());
    const positions = mine.Events.map(({ Position }) => Position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    for (const by of [member, archive, stranger])
      expect(accountsOf((await tail({ FromPosition: from }, by)).Events)).toEqual([by.accountId]);

    const ServicePrincipal = 'cloudtrail.amazonaws.com';
    await room.world.put(orgApi.EnableAWSServiceAccess, { ServicePrincipal });
    await room.world.put(orgApi.RegisterDelegatedAdministrator, { AccountId: archive.accountId, ServicePrincipal });
    const events = (await tail({ FromPosition: from }, archive)).Events;
    expect(accountsOf(events)).toEqual(accountsOf(mine.Events));
    const one = await tail({ FromPosition: from, AccountId: member.accountId }, archive);
    expect(putsIn(one.Events)).toEqual(putsIn(events).filter(({ AccountId }) => AccountId === member.accountId));
    await room.world.put(orgApi.DeregisterDelegatedAdministrator, { AccountId: archive.accountId, ServicePrincipal });
    expect(accountsOf((await tail({ FromPosition: from }, archive)).Events)).toEqual([archive.accountId]);
  });

  it('come with any page size, each once', async () => {
    const { member, archive, from } = await begun();
    for (const by of [member, archive, member]) await write(by);
    const all = (await tail({ FromPosition: from, Limit: 200 })).Events;
    expect(all.length).toBeGreaterThan(2);
    for (const Limit of [1, 2]) {
      const seen: typeof all = [];
      for (let at = from; seen.length < all.length; ) {
        const page = await tail({ FromPosition: at, Limit });
        seen.push(...page.Events);
        expect(page.NextPosition).toBeGreaterThan(at);
        at = page.NextPosition;
      }
      expect(seen).toEqual(all);
    }
  });

  it('are waited for', async () => {
    const { member, stranger, from } = await begun();
    const waiting = tail({ FromPosition: from, WaitSeconds: 30 });
    await write(stranger);
    await write(member);
    const { Events, NextPosition } = await waiting;
    expect(accountsOf(Events)).toEqual([member.accountId]);
    expect(NextPosition).toBeGreaterThan(from);
  });

  it('of an account that is not to be seen are those of an account that does not exist', async () => {
    const { member, stranger } = await begun();
    const asked = (AccountId: string, by?: By) =>
      tail({ AccountId, FromPosition: 0 }, by).then(
        () => 'found',
        (error: Error & { code: string }) => `${error.code} ${error.message.replace(AccountId, 'X')}`,
      );
    const missing = await asked('999999999999');
    expect(missing).toMatch(/^NotFound/);
    expect(await asked(stranger.accountId)).toBe(missing);
    expect(await asked(room.world.management.accountId, member)).toBe(missing);
    expect(await asked(member.accountId, member)).toBe('found');
  });
});
