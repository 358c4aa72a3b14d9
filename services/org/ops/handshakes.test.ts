import { beforeAll, expect, it } from 'vitest';
import type { Caller } from '../../../platform/runtime/call.ts';
import { orgApi as api } from '../api/index.ts';
import { expireHandshakes } from '../jobs/expire-handshakes.ts';
import { onBothEngines } from '../testing/engines.ts';
import { failure, found, joined, type OrgWorld, standAlone } from '../testing/harness.ts';

const DAY = 86_400_000;

onBothEngines(
  'invitations',
  (the) => {
    let world: OrgWorld;
    let guest: Caller;
    const invite = (caller: Caller, more: object = {}) =>
      world.ask(api.InviteAccountToOrganization, { Target: { Id: caller.accountId, Type: 'ACCOUNT' }, ...more });

    beforeAll(async () => {
      world = the();
      await found(world);
      guest = await standAlone(world, 'guest', 'guest@example.com');
    });

    it('tell both parties what AWS tells, and nobody else', async () => {
      const { Handshake } = await invite(guest, { Notes: 'come in' });
      expect(Handshake).toMatchObject({ State: 'REQUESTED', Action: 'INVITE' });
      expect(Handshake.ExpirationTimestamp - Handshake.RequestedTimestamp).toBe(15 * DAY);
      expect(Handshake.Arn).toMatch(/:handshake\/o-[a-z0-9]{10}\/invite\/h-[a-z0-9]{10}$/);
      expect(Handshake.Parties.map((party) => party.Type)).toEqual(['ORGANIZATION', 'ACCOUNT']);
      const types = Handshake.Resources.map((resource) => resource.Type);
      expect(types).toEqual(['ORGANIZATION', 'ACCOUNT', 'NOTES']);
      const seen = await world.as(guest, api.DescribeHandshake, { HandshakeId: Handshake.Id });
      expect(seen).toEqual({ Handshake });
      const stranger = await standAlone(world, 'stranger');
      for (const operation of [api.DescribeHandshake, api.AcceptHandshake, api.DeclineHandshake, api.CancelHandshake])
        expect(await failure(world.as(stranger, operation, { HandshakeId: Handshake.Id }))).toBe('HandshakeNotFound');
      expect((await world.as(stranger, api.ListHandshakesForAccount, {})).Handshakes).toEqual([]);
      const member = await joined(world, 'insider');
      expect(await failure(world.as(member, api.DescribeHandshake, { HandshakeId: Handshake.Id }))).toBe(
        'HandshakeNotFound',
      );
    });

    it('are answered by the recipient and taken back by the sender', async () => {
      const { Handshakes } = await world.as(guest, api.ListHandshakesForAccount, { Filter: { ActionType: 'INVITE' } });
      const HandshakeId = Handshakes[0]?.Id as string;
      expect(await failure(invite(guest))).toBe('DuplicateHandshake');
      expect(await failure(world.ask(api.AcceptHandshake, { HandshakeId }))).toBe('AccessDenied');
      expect(await failure(world.as(guest, api.CancelHandshake, { HandshakeId }))).toBe('AccessDenied');
      expect((await world.as(guest, api.DeclineHandshake, { HandshakeId })).Handshake.State).toBe('DECLINED');
      expect(await failure(world.as(guest, api.DeclineHandshake, { HandshakeId }))).toBe('HandshakeAlreadyInState');
      expect(await failure(world.as(guest, api.AcceptHandshake, { HandshakeId }))).toBe('InvalidHandshakeTransition');
      const again = (await invite(guest)).Handshake.Id;
      expect((await world.ask(api.CancelHandshake, { HandshakeId: again })).Handshake.State).toBe('CANCELED');
      expect(await failure(world.as(guest, api.AcceptHandshake, { HandshakeId: again }))).toBe(
        'InvalidHandshakeTransition',
      );
    });

    it('end by the clock', async () => {
      const HandshakeId = (await invite(guest)).Handshake.Id;
      world.clock.time += 15 * DAY;
      const shown = await world.as(guest, api.DescribeHandshake, { HandshakeId });
      expect(shown.Handshake.State).toBe('EXPIRED');
      expect(await failure(world.as(guest, api.AcceptHandshake, { HandshakeId }))).toBe('InvalidHandshakeTransition');
      // Nobody has written it down yet, and still another one can be sent.
      const next = (await invite(guest)).Handshake.Id;
      world.clock.time += 15 * DAY;
      await expireHandshakes.run(world.deps);
      const row = await world.store.read
        .selectFrom('handshake')
        .selectAll()
        .where('handshake_id', '=', next)
        .executeTakeFirst();
      expect(row).toMatchObject({ state: 'EXPIRED', ended_at: row?.expires_at });
    });

    it('are shown for 30 days after their end, and kept for a year', async () => {
      const HandshakeId = (await invite(guest)).Handshake.Id;
      await world.as(guest, api.DeclineHandshake, { HandshakeId });
      const listed = async () =>
        (await world.ask(api.ListHandshakesForOrganization, { MaxResults: 100 })).Handshakes.map((h) => h.Id);
      expect(await listed()).toContain(HandshakeId);
      world.clock.time += 31 * DAY;
      expect(await listed()).not.toContain(HandshakeId);
      await expireHandshakes.run(world.deps);
      expect((await world.ask(api.DescribeHandshake, { HandshakeId })).Handshake.State).toBe('DECLINED');
      world.clock.time += 365 * DAY;
      await expireHandshakes.run(world.deps);
      expect(await failure(world.ask(api.DescribeHandshake, { HandshakeId }))).toBe('HandshakeNotFound');
    });

    it('are accepted: the account stands under the root, with guardrails and tags', async () => {
      const { Handshake } = await world.ask(api.InviteAccountToOrganization, {
        Target: { Id: 'GUEST@example.com', Type: 'EMAIL' },
        Tags: [{ Key: 'origin', Value: 'bought' }],
      });
      expect(await failure(world.as(guest, api.ListRoots, {}))).toBe('OrganizationsNotInUse');
      const { Revision } = await world.internal.GetOrganizationChanges({ Since: 0, WaitMilliseconds: 0 });
      const accepted = await world.as(guest, api.AcceptHandshake, { HandshakeId: Handshake.Id });
      expect(accepted.Handshake.State).toBe('ACCEPTED');
      const view = await world.internal.GetOrganizationView({});
      expect(view.Revision).toBe(Revision + 1);
      expect(view.Accounts).toContainEqual({
        Id: guest.accountId,
        ParentId: view.Organization?.RootId,
        State: 'ACTIVE',
        KeepCrossAccountUse: false,
      });
      expect(view.Attachments).toContainEqual({
        TargetId: guest.accountId,
        PolicyId: 'p-FullAWSAccess',
        Mode: 'enforce',
      });
      const { Account } = await world.ask(api.DescribeAccount, { AccountId: guest.accountId });
      expect(Account).toMatchObject({ Name: 'guest', Email: 'guest@example.com', JoinedMethod: 'INVITED' });
      const { Tags } = await world.ask(api.ListTagsForResource, { ResourceId: guest.accountId });
      expect(Tags).toEqual([{ Key: 'origin', Value: 'bought' }]);
      expect(await failure(world.as(guest, api.AcceptHandshake, { HandshakeId: Handshake.Id }))).toBe(
        'HandshakeAlreadyInState',
      );
      expect(await failure(invite(guest))).toBe('HandshakeConstraintViolation/ALREADY_IN_AN_ORGANIZATION');
    });

    it.each([
      ['an organization', { Id: 'o-aaaaaaaaaa', Type: 'ORGANIZATION' }, 'INVALID_PARTY_TYPE_TARGET'],
      ['an account that does not exist', { Id: '999999999999', Type: 'ACCOUNT' }, 'INVALID_PATTERN_TARGET_ID'],
      ['what is no account id', { Id: 'guest', Type: 'ACCOUNT' }, 'INVALID_PATTERN_TARGET_ID'],
      ['an address of nobody', { Id: 'nobody@example.com', Type: 'EMAIL' }, 'INVALID_EMAIL_ADDRESS_TARGET'],
      ['what is no address', { Id: 'guest', Type: 'EMAIL' }, 'INVALID_EMAIL_ADDRESS_TARGET'],
    ])('are not sent to %s', async (_, Target, reason) => {
      expect(await failure(world.ask(api.InviteAccountToOrganization, { Target }))).toBe(`InvalidInput/${reason}`);
    });

    it('are limited by the day', async () => {
      world.clock.time += 2 * DAY;
      const other = await standAlone(world, 'popular');
      for (let i = 0; i < 6; i++) {
        const { Handshake } = await invite(other);
        await world.ask(api.CancelHandshake, { HandshakeId: Handshake.Id });
      }
      expect(await failure(invite(other))).toBe('ConstraintViolation/HANDSHAKE_RATE_LIMIT_EXCEEDED');
      world.clock.time += DAY;
      await invite(other);
    });

    it('have one filter, and no other kinds of handshakes exist', async () => {
      const both = { Filter: { ActionType: 'INVITE', ParentHandshakeId: 'h-aaaaaaaaaa' } };
      expect(await failure(world.ask(api.ListHandshakesForOrganization, both))).toBe(
        'InvalidInput/MAX_LIMIT_EXCEEDED_FILTER',
      );
      const other = { Filter: { ActionType: 'ENABLE_ALL_FEATURES' } };
      expect(await world.ask(api.ListHandshakesForOrganization, other)).toEqual({ Handshakes: [] });
    });
  },
  { limits: { invitationsPerDay: 6 } },
);
