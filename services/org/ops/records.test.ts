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

  it('refuses a page token of other filters', async () => {
    await begun();
    const { NextToken } = await page({ Limit: 1 });
    await expect(page({ ...PUTS, NextToken })).rejects.toMatchObject({ code: 'Validation' });
  });
});
